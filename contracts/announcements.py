"""The events that go out: what was seen, tagged, read, enriched, indexed and assembled."""

from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts import streams
from contracts.events import Event, MediaFile, NamedEvent


class VisionAnalysis(BaseModel):
    """What the pictures of a post show, as consumers of posts.vision.analyzed read it."""

    model_config = ConfigDict(frozen=True)

    provider: str
    model: str
    schema_version: str = "1.0"
    classification: dict[str, Any]
    description: str | None = None
    ocr_text: str | None = None
    is_meme: bool = False
    context: dict[str, Any] = {}
    tokens_used: int = Field(default=0, ge=0)
    file_id: str | None = None
    analyzed_at: AwareDatetime


class VisionAnalyzed(NamedEvent):
    """The pictures of a post were looked at: one event per post and version, with every result."""

    stream: ClassVar[str] = streams.POSTS_VISION_ANALYZED

    event_type: Literal["posts.vision.analyzed"] = "posts.vision.analyzed"
    schema_version: str = "1.0"
    schema_ref: str = "posts_vision_analyzed_v1.json"
    producer: str = "vision-worker"
    tenant_id: UUID
    post_id: UUID
    media: tuple[MediaFile, ...]
    vision: VisionAnalysis
    results: tuple[VisionAnalysis, ...] = ()
    vision_version: str
    features_hash: str
    media_summary: dict[str, Any] = {}
    analysis_duration_ms: int = Field(ge=0)


class VisionSkipped(NamedEvent):
    """No picture of a post was looked at; each with its reason."""

    stream: ClassVar[str] = streams.POSTS_VISION_ANALYZED

    event_type: Literal["posts.vision.skipped"] = "posts.vision.skipped"
    schema_version: str = "1.0"
    producer: str = "vision-worker"
    tenant_id: UUID
    post_id: UUID
    reasons: tuple[dict[str, str], ...]


class PostTagged(Event):
    """A post has tags (perhaps none, with the reason in ``metadata``)."""

    stream: ClassVar[str] = streams.POSTS_TAGGED

    post_id: UUID
    tenant_id: UUID
    user_id: str = ""
    channel_id: UUID
    tags: tuple[str, ...] = ()
    tags_hash: str
    topics: tuple[str, ...] = ()
    provider: str
    latency_ms: int | None = None
    metadata: dict[str, Any] = {}
    trigger: Literal["initial", "vision_retag", "manual"] = "initial"
    vision_version: str | None = None
    urls: tuple[str, ...] = ()


class PostCrawl(Event):
    """The links of a post are about to be read."""

    stream: ClassVar[str] = streams.POSTS_CRAWL

    post_id: UUID
    tenant_id: UUID
    urls: tuple[str, ...]
    tags: tuple[str, ...] = ()
    trigger_reason: str
    text: str
    metadata: dict[str, Any] = {}
    created_at: AwareDatetime


class PostEnriched(Event):
    """Everything that is known of a post's content, in one version of it."""

    stream: ClassVar[str] = streams.POSTS_ENRICHED

    post_id: UUID
    tenant_id: UUID
    channel_id: UUID
    text: str
    telegram_post_url: str | None = None
    posted_at: AwareDatetime
    tags: tuple[str, ...] = ()
    enrichment_data: dict[str, Any] = {}
    source_urls: tuple[str, ...] = ()
    word_count: int | None = None
    original_word_count: int | None = None
    skipped: bool = False
    skip_reason: str | None = None
    crawl_duration_ms: int | None = None
    crawl_success: bool | None = None
    policy_applied: str | None = None
    quality_score: float | None = Field(default=None, ge=0, le=1)


class PostIndexed(Event):
    """A post can be found by search, in this version."""

    stream: ClassVar[str] = streams.POSTS_INDEXED

    post_id: UUID
    tenant_id: UUID
    channel_id: UUID
    vector_id: str
    indexed_at: AwareDatetime
    embedding_provider: str
    embedding_dim: int
    qdrant_collection: str
    neo4j_nodes_created: int = 0
    neo4j_relationships_created: int = 0
    indexing_duration_ms: int
    embedding_generation_ms: int
    qdrant_indexing_ms: int
    neo4j_indexing_ms: int
    embedding_quality_score: float | None = Field(default=None, ge=0, le=1)


class AlbumAssembled(Event):
    """An album is put together: complete, or partial (``items_analyzed`` < ``items_count``)."""

    stream: ClassVar[str] = streams.ALBUM_ASSEMBLED

    user_id: str = ""
    channel_id: UUID
    tenant_id: UUID
    album_id: int
    grouped_id: int
    items_count: int
    items_analyzed: int
    album_kind: str | None = None
    vision_summary: str | None = None
    vision_labels: tuple[str, ...] = ()
    vision_ocr_text: str | None = None
    vision_tags: tuple[str, ...] = ()
    has_meme: bool = False
    has_text: bool = False
    s3_key: str | None = None
    posted_at: AwareDatetime | None = None
    first_analyzed_at: AwareDatetime | None = None
    last_analyzed_at: AwareDatetime | None = None
    assembly_completed_at: AwareDatetime
    assembly_lag_seconds: float | None = None
    partial: bool = False
    missing: tuple[str, ...] = ()


class PostDeleted(Event):
    """A post is gone from every store; its tombstone stays. The counts say what went with it."""

    stream: ClassVar[str] = streams.POSTS_DELETED

    event_type: Literal["posts.deleted"] = "posts.deleted"
    producer: str = "postloom"
    post_id: UUID
    tenant_id: UUID
    channel_id: UUID
    telegram_message_id: int
    tg_channel_id: int
    reason: str
    is_deleted: bool = True
    deleted_at: AwareDatetime
    qdrant_cleaned: bool = False
    neo4j_cleaned: bool = False
    postgres_cleaned: bool = False
    deletion_duration_ms: int = Field(ge=0)
    qdrant_deletion_ms: int | None = None
    neo4j_deletion_ms: int | None = None
    postgres_deletion_ms: int | None = None
    related_vectors_deleted: int = 0
    related_nodes_deleted: int = 0
    orphan_tags_cleaned: int = 0
    objects_deleted: int = 0
