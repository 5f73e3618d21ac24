"""What goes into the vector index and the graph, and what comes back from a search."""

from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from contracts.embedding import EmbedderIdentity


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class VectorPoint(_Frozen):
    """One point: id is the post's; ``payload`` is the union that consumers read (existing keys, one shape).

    ``embedder`` made the vector; None stands for the wanted one.
    """

    post_id: UUID
    vector: tuple[float, ...]
    payload: dict[str, Any]
    embedder: EmbedderIdentity | None = None


class SearchQuery(_Frozen):
    """What to look for, within one tenant. ``channel`` is a channel id, a username or a tg_channel_id as text."""

    tenant_id: UUID
    text: str
    channel_id: UUID | None = None
    tag: str | None = None
    since: AwareDatetime | None = None
    limit: int = 10


class SearchHit(_Frozen):
    """One found post. ``score`` is the cosine similarity, from -1 to 1."""

    post_id: UUID
    score: float
    text: str
    tags: tuple[str, ...]
    posted_at: AwareDatetime | None
    link: str | None
    channel_id: UUID
    related: tuple["Neighbour", ...] = ()


class Neighbour(_Frozen):
    """A post that the graph connects, and by what: tag, page, reply, forward, album."""

    post_id: UUID
    via: str
    name: str
    weight: int = 1


class PageNode(_Frozen):
    """A page that a post refers to."""

    url: str
    title: str | None = None


class ImageNode(_Frozen):
    """A picture of a post or a channel."""

    sha256: str
    s3_key: str | None
    mime_type: str
    classification: str | None
    is_meme: bool
    provider: str | None
    labels: tuple[str, ...] = ()


class PostNode(_Frozen):
    """A post with everything it is connected to. Written as a whole: what is not here any more goes."""

    post_id: UUID
    tenant_id: UUID
    channel_id: UUID
    tg_channel_id: int
    channel_title: str | None
    telegram_message_id: int
    content: str
    posted_at: AwareDatetime
    indexed_at: AwareDatetime
    tags: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    pages: tuple[PageNode, ...] = ()
    images: tuple[ImageNode, ...] = ()
    entities: tuple[tuple[str, str], ...] = ()
    forward_source: tuple[str, str, str | None] | None = None
    forward_post_id: UUID | None = None
    reply_post_id: UUID | None = None
    author: tuple[str, str, str | None] | None = None


class AlbumNode(_Frozen):
    """An album and its posts in order."""

    tenant_id: UUID
    channel_id: UUID
    album_id: int
    grouped_id: int
    album_kind: str | None
    items_count: int
    caption_text: str | None
    posted_at: AwareDatetime | None
    post_ids: tuple[UUID, ...]


class ChannelPhotoNode(_Frozen):
    """A picture that a channel has as its own."""

    tenant_id: UUID
    channel_id: UUID
    tg_channel_id: int
    channel_title: str | None
    image: ImageNode


class GraphCounts(_Frozen):
    """How many nodes and relationships a write left attached to its post."""

    nodes: int
    relationships: int


class Detached(_Frozen):
    """How many nodes went with a post that was deleted, and how many of them were tags."""

    nodes: int = 0
    tags: int = 0


SearchHit.model_rebuild()
