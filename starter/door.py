"""The door: an entry becomes a post or an album of a known tenant, or is refused with a sentence."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from contracts.album import AlbumInput, AlbumRef
from contracts.changes import PRODUCER, PostDeletion, PostEdited
from contracts.errors import RejectedError
from contracts.events import AlbumParsed, PostParsed
from contracts.identity import channel_id, post_id
from contracts.post import Deletion, PostInput, PostRef
from starter.parsing import NotYetError, RefusedEntryError, parse

#: An album may arrive before the first post of its channel; for this long it is waited for.
PATIENCE: Final = timedelta(minutes=10)


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

    async def post(self, post_id: UUID) -> PostRef | None: ...

    async def owners(self, channel_id: UUID) -> Sequence[UUID]: ...


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
        ref = _ref(event.tenant_id, channel, event.telegram_message_id, event.trace_id, event.grouped_id)
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

    async def edit(self, fields: Mapping[str, str], written_at: datetime) -> PostInput:
        """Return the post of an entry of posts.edited, with its edit.

        Raises:
            RefusedEntryError: the entry breaks the contract, or whose post it means is not known.
            NotYetError: neither the post nor its channel has arrived yet.
        """
        event = parse(PostEdited, fields, written_at)
        ref = await self._meant(event, event.telegram_message_id, written_at)
        return PostInput(ref=ref, event=event)

    async def deletion(self, fields: Mapping[str, str], written_at: datetime) -> PostInput | None:
        """Return the post of an entry of posts.deleted, to be deleted; None when it is our own report of that.

        Raises:
            RefusedEntryError: the entry breaks the contract, or whose post it means is not known.
            NotYetError: neither the post nor its channel has arrived yet.
        """
        event = parse(PostDeletion, fields, written_at)
        if event.producer == PRODUCER:
            return None
        ref = await self._meant(event, event.telegram_message_id, written_at)
        known_as = (event.post_id,) if event.post_id and event.post_id != ref.post_id else ()
        deletion = Deletion(reason=event.reason, deleted_at=event.deleted_at, known_as=known_as)
        return PostInput(ref=ref, deletion=deletion)

    async def _meant(
        self, change: PostEdited | PostDeletion, message: int | None, written_at: datetime
    ) -> PostRef:
        """Return the post that a change means; one that has not arrived is known by its channel and message."""
        tenant = await self._whose(change)
        if tenant and message is not None and (change.channel_id or change.tg_channel_id):
            channel = await self._channel_meant(tenant, change)
            if channel:
                return _ref(tenant, channel, message, change.trace_id)
        if change.post_id and (known := await self._directory.post(change.post_id)):
            if tenant and known.tenant_id != tenant:
                raise RefusedEntryError("post_id: belongs to another tenant", "foreign_post")
            return known
        if datetime.now(UTC) - written_at < PATIENCE:
            raise NotYetError("neither the post nor its channel is known yet")
        raise RefusedEntryError("neither the post nor its channel is known", "unknown_post")

    async def _whose(self, change: PostEdited | PostDeletion) -> UUID | None:
        """Return the tenant that is named, else the only one that has the channel."""
        if change.tenant_id:
            await self._check_tenant(change.tenant_id)
            return change.tenant_id
        if change.post_id and (known := await self._directory.post(change.post_id)):
            return known.tenant_id
        owners = await self._directory.owners(change.channel_id) if change.channel_id else ()
        if len(owners) > 1:
            raise RefusedEntryError(
                "tenant_id: missing, and several tenants have that channel", "ambiguous_tenant"
            )
        return owners[0] if owners else None

    async def _channel_meant(self, tenant: UUID, change: PostEdited | PostDeletion) -> Channel | None:
        if change.tg_channel_id:
            own = change.channel_id or channel_id(tenant, change.tg_channel_id)
            return await self._kept_channel(tenant, own, change.tg_channel_id)
        return await self._directory.channel(tenant, change.channel_id) if change.channel_id else None

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
        title, username = event.channel_title, event.channel_username
        return await self._kept_channel(
            event.tenant_id, event.channel_id, event.tg_channel_id, title, username
        )

    async def _kept_channel(
        self, tenant: UUID, id: UUID, tg: int, title: str | None = None, username: str | None = None
    ) -> Channel:
        try:
            return await self._directory.add_channel(tenant, id, tg, title, username)
        except RejectedError as error:
            raise RefusedEntryError("channel_id: belongs to another channel", "foreign_channel") from error


def _ref(tenant: UUID, channel: Channel, message: int, trace: str, grouped_id: int | None = None) -> PostRef:
    return PostRef(
        tenant_id=tenant,
        channel_id=channel.id,
        tg_channel_id=channel.tg_channel_id,
        message_id=message,
        post_id=post_id(tenant, channel.tg_channel_id, message),
        trace_id=trace,
        grouped_id=grouped_id,
    )
