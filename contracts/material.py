"""Everything the archive knows of one post: what stages work on."""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime

from contracts.post import Frozen, MediaRef, PostRef
from contracts.stages import Stage, StageRecord, version_of
from contracts.vision import PictureFacts


class Picture(Frozen):
    """A file of the post and what was seen in it: facts, or why not, or neither when nobody looked yet."""

    media: MediaRef
    facts: PictureFacts | None = None
    skipped: str | None = None


class Page(Frozen):
    """A page that a link of the post leads to, or why it was not read."""

    url: str
    final_url: str | None = None
    title: str | None = None
    excerpt: str | None = None
    word_count: int = 0
    content_sha256: str | None = None
    html_key: str | None = None
    md_key: str | None = None
    skipped: str | None = None
    latency_ms: int | None = None


class AlbumSummary(Frozen):
    """The album of a post as it was assembled last; the texts count for the caption's post only.

    ``album_id`` is the one that was announced, as in events and in the graph.
    """

    album_id: int
    grouped_id: int
    position: int
    is_caption: bool
    partial: bool = False
    summary: str = ""
    words: str = ""
    ocr_text: str = ""
    labels: tuple[str, ...] = ()


class Forward(Frozen):
    """Where a post was forwarded from, as far as Telegram says."""

    chat_id: int | None = None
    message_id: int | None = None
    name: str | None = None


class PostMaterial(Frozen):
    """A post with its pictures, pages, tags and relations. Read whole, in one query."""

    ref: PostRef
    text: str
    content_hash: str
    urls: tuple[str, ...]
    posted_at: AwareDatetime
    link: str | None
    channel_title: str | None
    source: str
    pictures: tuple[Picture, ...] = ()
    pages: tuple[Page, ...] = ()
    tags: tuple[str, ...] = ()
    tags_data: dict[str, Any] = {}
    album: AlbumSummary | None = None
    forward: Forward | None = None
    forward_post_id: UUID | None = None
    reply_post_id: UUID | None = None
    author: str | None = None
    records: dict[str, StageRecord] = {}
    results: dict[str, dict[str, Any]] = {}

    def version(self, stage: Stage, fingerprint: str) -> str:
        """Return what is different in the event key of each version of a stage, also of one that comes back."""
        record = self.records.get(stage)
        return version_of(fingerprint, record.runs if record else 0)
