"""Deleting posts: the tombstone first, the rows last; in between the other stores let go."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import asyncpg

from adapters.postgres import ingest_sql
from adapters.postgres.albums import forget_words
from adapters.postgres.errors import our_errors
from adapters.postgres.rows import query
from adapters.postgres.stages import keep_events
from contracts.album import AlbumRef
from contracts.outgoing import Outgoing
from contracts.post import Deletion, PostRef

FILES_OF: Final = """
SELECT m.file_sha256 FROM post_media_map m WHERE m.post_id = $1 AND NOT EXISTS (
    SELECT FROM post_media_map x
    WHERE x.tenant_id = m.tenant_id AND x.file_sha256 = m.file_sha256 AND x.post_id <> m.post_id
) AND NOT EXISTS (
    SELECT FROM channel_photos c WHERE c.tenant_id = m.tenant_id AND c.file_sha256 = m.file_sha256)
"""

FORGET_PAGES: Final = """
DELETE FROM pages g USING posts p
WHERE p.id = $1 AND g.tenant_id = p.tenant_id AND p.urls ? g.url AND NOT EXISTS (
    SELECT FROM posts o WHERE o.tenant_id = p.tenant_id AND o.id <> p.id AND o.urls ? g.url)
RETURNING g.page_key, g.html_key, g.md_key
"""

FORGET_LOOKS: Final = """
DELETE FROM media_vision WHERE tenant_id = $1 AND file_sha256 = ANY ($2) RETURNING file_sha256, s3_key
"""
FORGET_FILES: Final = """
DELETE FROM media_objects WHERE tenant_id = $1 AND file_sha256 = ANY ($2) RETURNING file_sha256, s3_key
"""
FORGET_EVENTS: Final = """
DELETE FROM outbox_events WHERE tenant_id = $1 AND aggregate_id = $2 AND event_type <> 'posts.deleted'
"""
FORGET_POST: Final = "DELETE FROM posts WHERE id = $1 AND tenant_id = $2 RETURNING id"

FORGET_ITEM: Final = """
UPDATE media_group_items i SET deleted_at = COALESCE(i.deleted_at, now())
FROM post_tombstones t, media_groups g
WHERE t.channel_id = $1 AND t.telegram_message_id = $2 AND g.id = i.group_id AND g.channel_id = t.channel_id
    AND i.post_id = ANY (t.known_as)
"""

DOOM: Final = """
UPDATE post_tombstones SET doomed = doomed || $3::jsonb WHERE channel_id = $1 AND telegram_message_id = $2
"""

#: What went is counted once: a deletion that is gone over again finds nothing more.
ERASED: Final = """
UPDATE post_tombstones SET erased_at = COALESCE(erased_at, now()), doomed = '[]',
    counts = CASE WHEN erased_at IS NULL THEN $3 ELSE counts END
WHERE channel_id = $1 AND telegram_message_id = $2
"""

ALBUM_OF: Final = """
SELECT g.grouped_id FROM post_tombstones t JOIN media_groups g ON g.channel_id = t.channel_id
    AND (g.grouped_id = t.grouped_id OR EXISTS (
        SELECT FROM media_group_items i WHERE i.group_id = g.id AND i.post_id = ANY (t.known_as)))
WHERE t.channel_id = $1 AND t.telegram_message_id = $2
ORDER BY g.id LIMIT 1
"""

DELETED_AT: Final = (
    "SELECT deleted_at, reason FROM post_tombstones WHERE channel_id = $1 AND telegram_message_id = $2"
)


class Tombstones:
    """What is left of deleted posts, and what has to go with them."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def entomb(self, ref: PostRef, deletion: Deletion, now: datetime) -> bool:
        """Write the tombstone: from now on nothing brings the post back. False when it is gone already.

        Idempotent by (channel, message). Waits for an import of the channel that is under way.
        """
        row = (
            ref.tenant_id, ref.channel_id, ref.message_id, ref.post_id, list(deletion.known_as), ref.grouped_id,
            deletion.reason, ref.trace_id, deletion.deleted_at or now,
        )  # fmt: skip
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(ingest_sql.LOCK_CHANNEL, str(ref.channel_id))
                erased_at = await connection.fetchval(query("entomb"), *row)
        return erased_at is None

    async def forget(self, ref: PostRef) -> None:
        """Remove every row of the post; the tombstone keeps which objects only it had.

        One transaction. The events that told of the post and of its album go too: they hold its words. Idempotent.
        """
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(ingest_sql.LOCK_CHANNEL, str(ref.channel_id))
                await connection.execute(ingest_sql.LOCK_FILES, str(ref.tenant_id))
                doomed = await _forget(connection, ref)
                await connection.execute(DOOM, ref.channel_id, ref.message_id, doomed)

    @asynccontextmanager
    async def doomed(self, ref: PostRef) -> AsyncIterator[list[str]]:
        """Return the keys of the objects that have to go; nobody begins to refer to one until the block ends."""
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(ingest_sql.LOCK_FILES, str(ref.tenant_id))
                rows = await connection.fetch(query("still_doomed"), ref.channel_id, ref.message_id)
                yield [row["key"] for row in rows]

    async def told(self, ref: PostRef) -> tuple[datetime, str]:
        """Return when the post was deleted and why, as its tombstone says."""
        with our_errors():
            row = await self._pool.fetchrow(DELETED_AT, ref.channel_id, ref.message_id)
        if row is None:
            raise LookupError(f"message {ref.message_id} has no tombstone")
        return row["deleted_at"], row["reason"]

    async def erased(self, ref: PostRef, counts: dict[str, int], events: Sequence[Outgoing]) -> int | None:
        """Say that everything is gone and keep the event that tells of it; return the album's grouped_id.

        Idempotent: what was said first stays.
        """
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await keep_events(connection, ref.tenant_id, str(ref.post_id), events)
                await connection.execute(ERASED, ref.channel_id, ref.message_id, counts)
                return await _album_of(connection, ref)


async def _album_of(connection: Any, ref: PostRef) -> int | None:
    grouped_id: int | None = await connection.fetchval(ALBUM_OF, ref.channel_id, ref.message_id)
    return grouped_id


async def _forget(connection: Any, ref: PostRef) -> list[dict[str, str]]:
    """Remove the rows; return the objects that belonged to them alone."""
    files = [row["file_sha256"] for row in await connection.fetch(FILES_OF, ref.post_id)]
    pages = await connection.fetch(FORGET_PAGES, ref.post_id)
    await connection.execute(FORGET_EVENTS, ref.tenant_id, str(ref.post_id))
    await connection.execute(FORGET_ITEM, ref.channel_id, ref.message_id)
    was_there = await connection.fetchval(FORGET_POST, ref.post_id, ref.tenant_id)
    grouped_id = await _album_of(connection, ref)
    if was_there and grouped_id is not None:
        await forget_words(connection, AlbumRef.of(ref, grouped_id))
    looks = await connection.fetch(FORGET_LOOKS, ref.tenant_id, files)
    objects = await connection.fetch(FORGET_FILES, ref.tenant_id, files)
    return [
        *({"key": row["s3_key"], "file": row["file_sha256"]} for row in (*objects, *looks) if row["s3_key"]),
        *({"key": row[kind], "page": row["page_key"]} for row in pages for kind in _OBJECTS if row[kind]),
    ]


#: The objects of a page.
_OBJECTS: Final = ("html_key", "md_key")
