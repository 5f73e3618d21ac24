"""What an ingest writes and reads, as tables hold it: posts with files and reactions, albums, channel pictures."""

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)


class ChannelRow(_Row):
    """A tenant's channel."""

    id: UUID
    tenant_id: UUID
    tg_channel_id: int
    title: str | None = None
    username: str | None = None


class MediaRow(_Row):
    """A file of a post or a channel: stored under ``s3_key``, or ``missing`` says why there are no bytes."""

    sha256: str
    mime: str
    size_bytes: int = 0
    s3_key: str | None = None
    missing: str | None = None
    position: int = 0


class ReactionRow(_Row):
    """How often a post got one reaction."""

    kind: str
    value: str
    count: int


class PostRow(_Row):
    """A version of a post, with everything that is written about it together."""

    id: UUID
    tenant_id: UUID
    channel_id: UUID
    telegram_message_id: int
    content: str
    content_hash: str
    urls: tuple[str, ...] = ()
    posted_at: AwareDatetime
    edited_at: AwareDatetime | None = None
    telegram_post_url: str | None = None
    views_count: int = 0
    forwards_count: int = 0
    reactions_count: int = 0
    post_author: str | None = None
    reply_to_message_id: int | None = None
    reply_to_chat_id: int | None = None
    thread_id: int | None = None
    grouped_id: int | None = None
    forward_from_peer_id: dict[str, int] | None = None
    forward_from_chat_id: int | None = None
    forward_from_message_id: int | None = None
    forward_date: AwareDatetime | None = None
    forward_from_name: str | None = None
    source: Literal["channel", "group", "dm", "persona"] = "channel"
    trace_id: str
    details: dict[str, Any] = {}
    media: tuple[MediaRow, ...] = ()
    reactions: tuple[ReactionRow, ...] = ()

    def columns(self) -> dict[str, Any]:
        """Return the values of the table posts."""
        derived = {
            "link_count": len(self.urls),
            "has_media": bool(self.media),
            "is_edited": self.edited_at is not None,
            "yyyymm": self.posted_at.year * 100 + self.posted_at.month,
            "idempotency_key": f"{self.tenant_id}:{self.channel_id}:{self.telegram_message_id}",
        }
        return {**self.model_dump(mode="json", exclude={"media", "reactions"}), **derived}


class ChannelPhotoRow(_Row):
    """A picture that a channel got, with its file."""

    id: UUID
    telegram_message_id: int
    posted_at: AwareDatetime
    media: MediaRow
    trace_id: str


class AlbumItemRow(_Row):
    """An item of an album: its post and the file that it shows."""

    post_id: UUID
    content: str
    posted_at: AwareDatetime
    sha256: str | None
    mime: str | None
    size_bytes: int | None

    @property
    def media_type(self) -> str:
        """photo, video or document."""
        kind = (self.mime or "").partition("/")[0]
        return {"image": "photo", "video": "video"}.get(kind, "document")


class AlbumRow(_Row):
    """An album as stored, with the items that its posts make now; ``id`` is 0 when it is not stored."""

    id: int = 0
    grouped_id: int
    content_hash: str | None = None
    items_count: int = 0
    items: tuple[AlbumItemRow, ...] = ()
