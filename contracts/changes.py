"""What happens to a post after it was seen: posts.edited, and the wish that it be deleted (posts.deleted, read)."""

from typing import Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, field_validator, model_validator

from contracts import streams
from contracts.events import Event, PostParsed, TelegramId, from_json, given
from contracts.identity import trace_id

#: Says in the events of ours who wrote them.
PRODUCER = "postloom"


class _Change(Event):
    """What changes of posts have in common: which post is meant, as far as the producer says it.

    The oldest producers name the channel and the message only.
    """

    tenant_id: UUID | None = None
    channel_id: UUID | None = None
    post_id: UUID | None = None
    tg_channel_id: TelegramId = 0


class PostEdited(_Change):
    """A post has another text. ``edited_at`` orders versions; without ``urls`` the links stand in the text."""

    stream: ClassVar[str] = streams.POSTS_EDITED

    telegram_message_id: TelegramId
    text: str
    urls: tuple[str, ...] | None = None
    edited_at: AwareDatetime

    _from_json = field_validator("urls", mode="before")(from_json)

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, values: Any) -> Any:
        """The oldest producers call the text ``content``; key and moment follow from what is sent."""
        if not isinstance(values, dict):
            return values
        values = _whose(values)
        if "content" in values:
            values.setdefault("text", values["content"])
        _identify(values, "edited", values.get("edited_at"))
        return values


class PostDeletion(_Change):
    """Somebody wants a post gone. Either ``post_id`` or the message must be told; ``reason`` is user, admin or ttl."""

    stream: ClassVar[str] = streams.POSTS_DELETED

    telegram_message_id: TelegramId | None = None
    deleted_at: AwareDatetime | None = None
    reason: str = "user"
    is_deleted: bool = True
    producer: str = ""

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, values: Any) -> Any:
        """The oldest producers send no key and no moment."""
        if not isinstance(values, dict):
            return values
        values = _whose(values)
        _identify(values, "deleted", values.get("deleted_at"))
        return values

    @model_validator(mode="after")
    def _names_a_post(self) -> "PostDeletion":
        if not self.is_deleted:
            raise ValueError("is_deleted says that nothing was deleted")
        if self.telegram_message_id is None and self.post_id is None:
            raise ValueError("telegram_message_id or post_id is needed")
        return self


#: A version of a post, however it came.
Version = PostParsed | PostEdited


def _whose(values: dict[str, Any]) -> dict[str, Any]:
    """Return what was said; ``default`` was the oldest producers' word for no tenant at all."""
    said = given(values)
    if said.get("tenant_id") in {"default", ""}:
        del said["tenant_id"]
    if "tg_message_id" in said:
        said.setdefault("telegram_message_id", said["tg_message_id"])
    return said


def _identify(values: dict[str, Any], what: str, moment: Any) -> None:
    whose = ":".join(str(values.get(name)) for name in ("tenant_id", "channel_id", "telegram_message_id"))
    values.setdefault("idempotency_key", f"{whose}:{what}:{moment}")
    values.setdefault("trace_id", trace_id(whose))
    if moment is not None:
        values.setdefault("occurred_at", moment)
