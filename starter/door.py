"""The door: an entry becomes a post or an album of a known tenant, or is refused with a sentence."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from pydantic import ValidationError

from contracts.album import AlbumInput, AlbumRef
from contracts.encoding import decode
from contracts.errors import RejectedError
from contracts.events import AlbumParsed, Event, PostParsed
from contracts.identity import post_id
from contracts.post import PostInput, PostRef
from domain.text import storable

KNOWN_SCHEMAS: Final = frozenset({"v1", "1", "1.0"})
#: An album may arrive before the first post of its channel; for this long it is waited for.
PATIENCE: Final = timedelta(minutes=10)

#: Bytes of an entry: far more than any post has, and less than the engine takes as an input.
MAX_BYTES: Final = 1_000_000

E = TypeVar("E", bound=Event)


class RefusedEntryError(Exception):
    """The entry breaks the contract, or is nobody's; ``code`` sorts it, the message says what is wrong."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class NotYetError(Exception):
    """What the entry refers to has not arrived yet."""


class Channel(Protocol):
    """A tenant's channel."""

    @property
    def id(self) -> UUID: ...
    @property
    def tg_channel_id(self) -> int: ...


class Directory(Protocol):
    """Tenants and their channels."""

    async def has_tenant(self, tenant_id: UUID) -> bool: ...

    async def channel(self, tenant_id: UUID, channel_id: UUID) -> Channel | None: ...

    async def add_channel(
        self, tenant_id: UUID, channel_id: UUID, tg_channel_id: int, title: str | None, username: str | None
    ) -> Channel: ...


class Door:
    """Resolves the tenant and the channel, once; what was found is remembered, what was not is asked for again."""

    def __init__(self, directory: Directory, album_deadline_seconds: float) -> None:
        self._directory, self._album_deadline = directory, album_deadline_seconds
        self._tenants: set[UUID] = set()
        self._channels: dict[tuple[UUID, UUID, int], Channel] = {}

    async def post(self, fields: Mapping[str, str], written_at: datetime) -> PostInput:
        """Return the post of an entry of posts.parsed.

        Raises:
            RefusedEntryError: the entry breaks the contract, or its tenant does not exist.
        """
        event = parse(PostParsed, fields, written_at)
        await self._check_tenant(event.tenant_id)
        channel = await self._channel_of(event)
        message = event.telegram_message_id
        ref = PostRef(
            tenant_id=event.tenant_id,
            channel_id=channel.id,
            tg_channel_id=channel.tg_channel_id,
            message_id=message,
            post_id=post_id(event.tenant_id, channel.tg_channel_id, message),
            trace_id=event.trace_id,
            grouped_id=event.grouped_id,
        )
        return PostInput(ref=ref, event=event)

    async def album(self, fields: Mapping[str, str], written_at: datetime) -> AlbumInput:
        """Return the album of an entry of albums.parsed.

        Raises:
            RefusedEntryError: the entry breaks the contract, its tenant does not exist, or its channel never came.
            NotYetError: no post of its channel has arrived yet.
        """
        event = parse(AlbumParsed, fields, written_at)
        await self._check_tenant(event.tenant_id)
        channel = await self._directory.channel(event.tenant_id, event.channel_id)
        if channel is None:
            if datetime.now(UTC) - written_at < PATIENCE:
                raise NotYetError(f"no post of channel {event.channel_id} yet")
            raise RefusedEntryError(f"channel_id: no such channel {event.channel_id}", "unknown_channel")
        ref = AlbumRef(
            tenant_id=event.tenant_id,
            channel_id=channel.id,
            tg_channel_id=channel.tg_channel_id,
            grouped_id=event.grouped_id,
            trace_id=event.trace_id,
        )
        return AlbumInput(ref=ref, event=event, deadline_seconds=self._album_deadline)

    async def _check_tenant(self, tenant_id: UUID) -> None:
        if tenant_id not in self._tenants:
            if not await self._directory.has_tenant(tenant_id):
                raise RefusedEntryError(
                    f"tenant_id: no such tenant {tenant_id} (postloom tenants add makes one)",
                    "unknown_tenant",
                )
            self._tenants.add(tenant_id)

    async def _channel_of(self, event: PostParsed) -> Channel:
        key = (event.tenant_id, event.channel_id, event.tg_channel_id)
        if key not in self._channels:
            self._channels[key] = await self._find_channel(event)
        return self._channels[key]

    async def _find_channel(self, event: PostParsed) -> Channel:
        if event.tg_channel_id == 0:  # older producers leave it out
            known = await self._directory.channel(event.tenant_id, event.channel_id)
            if known is None:
                raise RefusedEntryError("tg_channel_id: 0, and channel_id is not known", "unknown_channel")
            return known
        try:
            return await self._directory.add_channel(
                event.tenant_id,
                event.channel_id,
                event.tg_channel_id,
                event.channel_title,
                event.channel_username,
            )
        except RejectedError as error:
            raise RefusedEntryError("channel_id: belongs to another channel", "foreign_channel") from error


def parse(model: type[E], fields: Mapping[str, str], written_at: datetime) -> E:
    """Return the event in an entry of any of the shapes.

    Raises:
        RefusedEntryError: the sentence names every field that is wrong.
    """
    _check_size(fields)
    try:
        values: dict[str, Any] = _storable(decode(fields))
        _check_schema(values)
        values.setdefault("occurred_at", written_at)
        return model.model_validate(values)
    except RejectedError as error:
        raise RefusedEntryError(str(error), "not_json") from error
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc'])) or 'entry'}: {_words(e)}" for e in error.errors())
        raise RefusedEntryError("; ".join(wrong), "non_retryable_validation") from error


def _check_size(fields: Mapping[str, str]) -> None:
    size = sum(len(value.encode("utf-8", "replace")) for value in fields.values())
    if size > MAX_BYTES:
        raise RefusedEntryError(f"entry: {size} bytes, at most {MAX_BYTES} are taken", "too_large")


def _storable(value: Any) -> Any:
    """Return ``value`` with every text in it as stores take it, however deep."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(name)): _storable(part) for name, part in value.items()}
    return [_storable(part) for part in value] if isinstance(value, list) else value


def _check_schema(values: dict[str, Any]) -> None:
    schema = str(values.get("schema_version") or "v1")
    if schema not in KNOWN_SCHEMAS:
        raise RefusedEntryError(
            f"schema_version: {schema[:40]!r} is newer than this program", "unknown_schema"
        )
    values["schema_version"] = schema


def _words(error: Any) -> str:
    if error["type"] == "missing":
        return "missing"
    shown = repr(error.get("input"))[:60]
    return f"{error['msg'][:1].lower()}{error['msg'][1:]} (it is {shown})"
