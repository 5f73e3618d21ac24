"""One batch of an ingest: what one transaction reads and writes about the posts of one channel."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from adapters.postgres import ingest_sql as sql
from adapters.postgres.errors import our_errors
from adapters.postgres.ingest_rows import (
    AlbumItemRow,
    AlbumRow,
    ChannelPhotoRow,
    ChannelRow,
    MediaRow,
    PostRow,
)
from adapters.postgres.rows import query
from contracts.identity import digest
from contracts.outgoing import Outgoing

Connection = Any  # a connection of the pool, which the driver's stubs type as a proxy


class IngestBatch:
    """The statements of one batch, each for all posts at once; they take effect together or not at all."""

    def __init__(self, connection: Connection, channel: ChannelRow) -> None:
        self._connection, self._channel = connection, channel

    async def stored(self, message_ids: Sequence[int]) -> dict[int, PostRow]:
        """Return the stored ones of these posts by message id, locked until the batch ends."""
        rows = await self._connection.fetch(query("ingest_stored"), self._channel.id, list(message_ids))
        return {row["telegram_message_id"]: PostRow.model_validate(dict(row)) for row in rows}

    async def insert(self, posts: Sequence[PostRow]) -> set[UUID]:
        """Insert posts; return the ids of those that nobody else had inserted meanwhile."""
        rows = await self._connection.fetch(query("ingest_insert"), [post.columns() for post in posts])
        return {row["id"] for row in rows}

    async def update(self, posts: Sequence[PostRow]) -> None:
        """Replace what is stored of these posts."""
        await self._connection.execute(query("ingest_update"), [post.columns() for post in posts])

    async def write_media(self, posts: Sequence[PostRow]) -> None:
        """Make the files of these posts exactly those of the rows; what stood for missing ones goes."""
        tenant = self._channel.tenant_id
        await self._keep_media([m for post in posts for m in post.media])
        kept = [(post.id, [m.sha256 for m in post.media]) for post in posts]
        await self._connection.executemany(sql.UNMAP_MEDIA, kept)
        mapped = [(post.id, tenant, m.sha256, m.position) for post in posts for m in post.media]
        await self._connection.executemany(sql.MAP_MEDIA, mapped)
        placeholders = [
            digest("missing", post.id, m.position) for post in posts for m in post.media if m.s3_key
        ]
        await self._connection.execute(sql.FORGET_MISSING, tenant, placeholders)

    async def _keep_media(self, media: Sequence[MediaRow]) -> None:
        unique = {m.sha256: m for m in media}
        tenant = self._channel.tenant_id
        values = [
            (tenant, m.sha256, m.mime, m.size_bytes, m.s3_key, m.missing) for _, m in sorted(unique.items())
        ]
        await self._connection.executemany(sql.KEEP_MEDIA, values)

    async def stored_channel_photos(self, message_ids: Sequence[int]) -> dict[int, bool]:
        """Return the stored ones of these channel pictures by message id, each with whether its bytes are there."""
        rows = await self._connection.fetch(sql.STORED_CHANNEL_PHOTOS, self._channel.id, list(message_ids))
        return {row["telegram_message_id"]: row["has_bytes"] for row in rows}

    async def write_channel_photos(self, photos: Sequence[ChannelPhotoRow]) -> None:
        """Keep these channel pictures, to be handed over; a file takes the place of its absence."""
        tenant, channel = self._channel.tenant_id, self._channel.id
        await self._keep_media([photo.media for photo in photos])
        values = [
            (p.id, tenant, channel, p.telegram_message_id, p.posted_at, p.media.sha256, p.trace_id)
            for p in photos
        ]
        await self._connection.executemany(sql.KEEP_CHANNEL_PHOTO, values)
        placeholders = [digest("missing", p.id, p.media.position) for p in photos if p.media.s3_key]
        await self._connection.execute(sql.FORGET_MISSING, tenant, placeholders)

    async def write_relations(self, posts: Sequence[PostRow]) -> None:
        """Keep forwards, replies and reactions as the rows say."""
        await self._connection.executemany(sql.KEEP_FORWARD, [_forward(p) for p in posts if _is_forward(p)])
        replies = [(p.id, p.reply_to_message_id, p.reply_to_chat_id) for p in posts if p.reply_to_message_id]
        await self._connection.executemany(sql.KEEP_REPLY, replies)
        await self._connection.execute(sql.FORGET_REACTIONS, [p.id for p in posts])
        counts = [(p.id, r.kind, r.value, r.count) for p in posts for r in p.reactions]
        await self._connection.executemany(sql.KEEP_REACTION, counts)

    async def albums(self, grouped_ids: Sequence[int]) -> list[AlbumRow]:
        """Return these albums as stored, with the items that the posts make now."""
        rows = await self._connection.fetch(query("ingest_albums"), self._channel.id, list(grouped_ids))
        return [AlbumRow.model_validate(dict(row)) for row in rows]

    async def write_album(self, album: AlbumRow, kind: str, caption: str | None) -> int:
        """Keep an album and its items; return its id."""
        tenant, channel, first = self._channel.tenant_id, self._channel.id, album.items[0]
        inferred = album.grouped_id < 0
        number: int = await self._connection.fetchval(
            sql.KEEP_ALBUM, tenant, channel, album.grouped_id, inferred, kind, album.items_count,
            album.content_hash, caption, first.posted_at, first.sha256,
        )  # fmt: skip
        items = [_item(number, position, item) for position, item in enumerate(album.items)]
        await self._connection.executemany(sql.KEEP_ITEM, items)
        return number

    async def tell(self, events: Sequence[tuple[UUID | str, Outgoing]]) -> None:
        """Put events into the outbox, in order, each with what it is about; a known key stays as it is."""
        tenant = self._channel.tenant_id
        rows = [
            (tenant, str(about), e.event_type, e.stream, e.idempotency_key, e.fields, e.trace_id)
            for about, e in events
        ]
        await self._connection.executemany(sql.KEEP_EVENT, rows)


def _is_forward(post: PostRow) -> bool:
    return bool(post.forward_from_name or post.forward_from_peer_id)


def _forward(post: PostRow) -> tuple[Any, ...]:
    title = post.forward_from_name if (post.forward_from_chat_id or 0) < 0 else None
    return (
        post.id, post.forward_from_chat_id, post.forward_from_message_id, title, post.forward_date,
        post.forward_from_peer_id, post.forward_from_name,
    )  # fmt: skip


def _item(album: int, position: int, item: AlbumItemRow) -> tuple[Any, ...]:
    return album, item.post_id, position, item.media_type, item.size_bytes, item.sha256


class IngestStore:
    """Where an ingest writes."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def has_tenant(self, tenant_id: UUID) -> bool:
        """Whether the tenant exists."""
        with our_errors():
            return bool(await self._pool.fetchval("SELECT true FROM tenants WHERE id = $1", tenant_id))

    async def keep_channel(self, channel: ChannelRow) -> ChannelRow:
        """Make the channel, or tell its title to the one that is there; return it with the id that it has."""
        with our_errors():
            stored: UUID = await self._pool.fetchval(
                sql.KEEP_CHANNEL, channel.id, channel.tenant_id, channel.tg_channel_id, channel.username,
                channel.title,
            )  # fmt: skip
        return channel.model_copy(update={"id": stored})

    async def deleted(self, channel: ChannelRow, message_ids: Sequence[int]) -> set[int]:
        """Return those of the messages that were deleted here: they stay so."""
        with our_errors():
            rows = await self._pool.fetch(sql.DELETED, channel.id, list(message_ids))
        return {row["telegram_message_id"] for row in rows}

    @asynccontextmanager
    async def batch(self, channel: ChannelRow) -> AsyncIterator[IngestBatch]:
        """Open a transaction on a stored channel; ingests of one channel take turns.

        While it is open no deletion removes a file of the tenant.

        Raises:
            RejectedError: something in the batch can never be stored.
            UnavailableError: the database did not answer.
        """
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(sql.LOCK_CHANNEL, str(channel.id))
                await connection.execute(sql.SHARE_FILES, str(channel.tenant_id))
                yield IngestBatch(connection, channel)
