"""The envelope, and the events that come in: posts.parsed, albums.parsed, posts.vision.uploaded."""

import json
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from contracts import streams
from contracts.identity import trace_id


class Event(BaseModel):
    """Envelope of every event; ``idempotency_key`` is the same on every re-delivery."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    stream: ClassVar[str]

    schema_version: str = "v1"
    trace_id: str
    occurred_at: AwareDatetime
    idempotency_key: str


class NamedEvent(Event):
    """An event that says its own name, because several kinds share a stream or a shape."""

    event_type: str


def _json(value: Any) -> Any:
    """Containers arrive as JSON text in flat entries."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error


class PostParsed(Event):
    """A post was seen. Ours from exports and live channels; any producer may write it."""

    stream: ClassVar[str] = streams.POSTS_PARSED

    user_id: str = ""
    channel_id: UUID
    post_id: UUID
    tenant_id: UUID
    text: str
    urls: tuple[str, ...] = ()
    posted_at: AwareDatetime
    media_sha256_list: tuple[str, ...] = ()
    content_hash: str | None = None
    link_count: int = 0
    tg_message_id: int
    telegram_message_id: int
    tg_channel_id: int
    telegram_post_url: str | None = None
    has_media: bool = False
    is_edited: bool = False
    views_count: int = 0
    forwards_count: int = 0
    reactions_count: int = 0
    forward_from_peer_id: dict[str, int] | None = None
    forward_from_chat_id: int | None = None
    forward_from_message_id: int | None = None
    forward_date: AwareDatetime | None = None
    forward_from_name: str | None = None
    reply_to_message_id: int | None = None
    reply_to_chat_id: int | None = None
    thread_id: int | None = None
    author_peer_id: dict[str, int] | None = None
    author_name: str | None = None
    author_type: str | None = None
    # extras of ours, ignored by others
    edited_at: AwareDatetime | None = None
    grouped_id: int | None = None
    channel_title: str | None = None
    channel_username: str | None = None

    _from_json = field_validator(
        "urls", "media_sha256_list", "forward_from_peer_id", "author_peer_id", mode="before"
    )(_json)

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, values: Any) -> Any:
        """What older producers leave out follows from what they send."""
        if not isinstance(values, dict):
            return values
        values = dict(values)
        message = values.get("telegram_message_id", values.get("tg_message_id"))
        if message is not None:
            values.setdefault("telegram_message_id", message)
            values.setdefault("tg_message_id", message)
        key = f"{values.get('tenant_id')}:{values.get('channel_id')}:{message}"
        values.setdefault("idempotency_key", key)
        values.setdefault("trace_id", trace_id(values["idempotency_key"]))
        values.setdefault("occurred_at", values.get("posted_at"))
        return values


class AlbumParsed(Event):
    """An album was seen; sent again with more items when it grows."""

    stream: ClassVar[str] = streams.ALBUMS_PARSED

    user_id: str = ""
    channel_id: UUID
    tenant_id: UUID
    album_id: int
    grouped_id: int
    album_kind: str | None = None
    items_count: int = Field(ge=0)
    caption_text: str | None = None
    posted_at: AwareDatetime | None = None
    post_ids: tuple[UUID, ...] = ()
    cover_media_id: str | None = None
    content_hash: str | None = None
    tg_channel_id: int | None = None
    inferred: bool = False

    _from_json = field_validator("post_ids", mode="before")(_json)

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, values: Any) -> Any:
        """What older producers leave out follows from what they send."""
        if not isinstance(values, dict):
            return values
        values = dict(values)
        key = f"{values.get('tenant_id')}:{values.get('channel_id')}:{values.get('grouped_id')}"
        values.setdefault("idempotency_key", key)
        values.setdefault("trace_id", trace_id(values["idempotency_key"]))
        values.setdefault("occurred_at", values.get("posted_at"))
        return values


class MediaFile(BaseModel):
    """A stored file as events name it."""

    model_config = ConfigDict(frozen=True)

    sha256: str
    s3_key: str
    mime_type: str
    size_bytes: int = Field(ge=0)


class VisionUploaded(NamedEvent):
    """A post's files are stored and may be looked at."""

    stream: ClassVar[str] = streams.POSTS_VISION

    event_type: Literal["posts.vision.uploaded"] = "posts.vision.uploaded"
    schema_version: str = "1.0"
    producer: str = "postloom"
    tenant_id: UUID
    post_id: UUID
    media_files: tuple[MediaFile, ...]
    requires_vision: bool = True
