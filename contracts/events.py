"""The envelope, and the events that come in: posts.parsed, albums.parsed, posts.vision.uploaded."""

import json
from typing import Annotated, Any, ClassVar, Final, Literal
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


ALBUM_KINDS: Final = frozenset({"photo", "video", "document", "mixed"})

#: What the archive's columns hold; a number beyond is no number of Telegram's.
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
TelegramId = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Hash = Annotated[str, Field(max_length=64)]


def given(values: dict[str, Any]) -> dict[str, Any]:
    """Return what was said, without what was said to be nothing; trace ids in one spelling."""
    said = {name: value for name, value in values.items() if value is not None}
    if "trace_id" in said:
        said["trace_id"] = _w3c(str(said["trace_id"]))
    return said


def _w3c(trace: str) -> str:
    """Return a W3C trace id: 32 hex digits; a UUID's dashes go, anything else is hashed."""
    digits = trace.replace("-", "").lower()
    return digits if len(digits) == 32 and set(digits) <= set("0123456789abcdef") else trace_id(trace)


def from_json(value: Any) -> Any:
    """Return what a text of JSON says; containers arrive so in flat entries.

    Raises:
        ValueError: it is a text, and no JSON.
    """
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise ValueError("not JSON") from error


def _peer(value: Any) -> Any:
    """Return the ids of a peer; Telegram's own words beside them (``_``) say nothing more."""
    peer = from_json(value)
    if not isinstance(peer, dict):
        return peer
    return {name: number for name, number in peer.items() if isinstance(number, int)} or None


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
    link_count: Count = 0
    tg_message_id: TelegramId
    telegram_message_id: TelegramId
    tg_channel_id: TelegramId
    telegram_post_url: str | None = None
    has_media: bool = False
    is_edited: bool = False
    views_count: Count = 0
    forwards_count: Count = 0
    reactions_count: Count = 0
    forward_from_peer_id: dict[str, int] | None = None
    forward_from_chat_id: TelegramId | None = None
    forward_from_message_id: TelegramId | None = None
    forward_date: AwareDatetime | None = None
    forward_from_name: str | None = None
    reply_to_message_id: TelegramId | None = None
    reply_to_chat_id: TelegramId | None = None
    thread_id: TelegramId | None = None
    author_peer_id: dict[str, int] | None = None
    author_name: str | None = None
    author_type: str | None = None
    # extras of ours, ignored by others
    edited_at: AwareDatetime | None = None
    grouped_id: TelegramId | None = None
    channel_title: str | None = None
    channel_username: str | None = None

    _from_json = field_validator("urls", "media_sha256_list", mode="before")(from_json)
    _peers = field_validator("forward_from_peer_id", "author_peer_id", mode="before")(_peer)

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, values: Any) -> Any:
        """What older producers leave out follows from what they send."""
        if not isinstance(values, dict):
            return values
        values = given(values)
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
    album_id: TelegramId
    grouped_id: TelegramId
    album_kind: str | None = None
    items_count: Annotated[int, Field(ge=0, le=1000)]
    caption_text: str | None = None
    posted_at: AwareDatetime | None = None
    post_ids: tuple[UUID, ...] = ()
    cover_media_id: str | None = None
    content_hash: Hash | None = None
    tg_channel_id: TelegramId | None = None
    inferred: bool = False

    _from_json = field_validator("post_ids", mode="before")(from_json)

    @field_validator("album_kind", mode="before")
    @classmethod
    def _known_kind(cls, kind: Any) -> Any:
        """A kind that nobody knows is as good as none: the items say what they are."""
        return kind if kind in ALBUM_KINDS else None

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, values: Any) -> Any:
        """What older producers leave out follows from what they send."""
        if not isinstance(values, dict):
            return values
        values = given(values)
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
