"""What the archive says is in the vector index and the graph, page by page; and what is cleared to repair them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from adapters.postgres.channel_photos import WaitingPhoto, photo_of
from adapters.postgres.comparing_objects import READER
from adapters.postgres.errors import our_errors
from contracts.album import AlbumRef
from contracts.identity import trace_id
from contracts.post import PostRef
from contracts.reconciling import Check
from contracts.stages import Stage

NEXT_TENANT: Final = "SELECT id FROM tenants WHERE $1::uuid IS NULL OR id > $1 ORDER BY id LIMIT 1"

#: A post counts three times: itself, its point, its node.
TOTAL: Final = """
SELECT
    (SELECT 3 * count(*) FROM posts WHERE enrichment_status = 'indexed' AND ($1::uuid IS NULL OR tenant_id = $1))
    + (SELECT count(*) FROM media_groups WHERE meta ? 'enrichment' AND ($1::uuid IS NULL OR tenant_id = $1))
    + (SELECT count(*) FROM channel_photos WHERE recorded_at IS NOT NULL AND ($1::uuid IS NULL OR tenant_id = $1))
    + (SELECT count(*) FROM media_objects WHERE s3_key IS NOT NULL AND ($1::uuid IS NULL OR tenant_id = $1))
    + (SELECT count(DISTINCT (tenant_id, file_sha256)) FROM media_vision
        WHERE features_hash IS NOT NULL AND s3_key IS NOT NULL AND ($1::uuid IS NULL OR tenant_id = $1))
    + (SELECT count(*) FROM pages WHERE html_key IS NOT NULL AND ($1::uuid IS NULL OR tenant_id = $1))
    + (SELECT count(*) FROM outbox_events WHERE processed_at >= $2 AND ($1::uuid IS NULL OR tenant_id = $1))
"""

#: A post with a tombstone is on its way out: what it lost is not missed.
INDEXED: Final = """
SELECT p.id, ARRAY(
    SELECT s.stage FROM post_stages s WHERE s.post_id = p.id AND s.stage IN ('vectors', 'graph') ORDER BY s.stage DESC
) AS stages
FROM posts p
WHERE p.tenant_id = $1 AND p.enrichment_status = 'indexed' AND p.id > $2 AND ($3::uuid IS NULL OR p.id <= $3)
    AND NOT EXISTS (
        SELECT FROM post_tombstones t
        WHERE t.channel_id = p.channel_id AND t.telegram_message_id = p.telegram_message_id)
ORDER BY p.id LIMIT $4
"""

#: The run that is about to come stands in for the one whose result was lost: with the same number of runs the same
#: version has the same key, and is not told again.
CLEAR: Final = """
WITH wanted AS (
    SELECT * FROM unnest($2::uuid[], $3::text[]) AS w (post_id, stage)
), cleared AS (
    UPDATE post_stages s SET fingerprint = '',
        runs = s.runs - CASE WHEN s.stage IN ('vectors', 'graph') THEN 1 ELSE 0 END
    FROM wanted w WHERE s.post_id = w.post_id AND s.stage = w.stage AND s.fingerprint <> ''
), opened AS (
    UPDATE posts p SET is_processed = false
    WHERE p.tenant_id = $1 AND p.id IN (SELECT post_id FROM wanted) AND p.is_processed
)
SELECT p.tenant_id, p.channel_id, c.tg_channel_id, p.telegram_message_id AS message_id, p.id AS post_id, p.trace_id,
    p.grouped_id
FROM posts p JOIN channels c ON c.id = p.channel_id
WHERE p.tenant_id = $1 AND p.id IN (SELECT post_id FROM wanted) ORDER BY p.id
"""

KNOWN: Final = "SELECT id FROM posts WHERE tenant_id = $1 AND id = ANY ($2)"

ALBUMS: Final = """
SELECT g.id, g.tenant_id, g.channel_id, c.tg_channel_id, g.grouped_id, g.meta #>> '{enrichment,s3_key}' AS object_key
FROM media_groups g JOIN channels c ON c.id = g.channel_id
WHERE g.tenant_id = $1 AND g.meta ? 'enrichment' AND g.id > $2 AND ($3::bigint IS NULL OR g.id <= $3)
ORDER BY g.id LIMIT $4
"""

CLEAR_ALBUMS: Final = """
UPDATE media_groups SET assembled_fingerprint = NULL, updated_at = now() WHERE tenant_id = $1 AND id = ANY ($2)
"""

#: What was handed over before it was cleared, too, waits again: it is recorded even if nobody tells its workflow.
CLEAR_CHANNEL_PHOTOS: Final = """
UPDATE channel_photos SET handed_over_at = NULL, recorded_at = NULL WHERE tenant_id = $1 AND id = ANY ($2)
"""

#: Only those with bytes are in the graph.
CHANNEL_PHOTOS: Final = """
SELECT p.id AS photo_id, p.tenant_id, p.channel_id, c.tg_channel_id, p.telegram_message_id AS message_id,
    p.trace_id, p.posted_at, p.file_sha256, c.title AS channel_title
FROM channel_photos p JOIN channels c ON c.id = p.channel_id
JOIN media_objects o ON o.tenant_id = p.tenant_id AND o.file_sha256 = p.file_sha256
WHERE p.tenant_id = $1 AND p.recorded_at IS NOT NULL AND o.s3_key IS NOT NULL
    AND p.id > $2 AND ($3::uuid IS NULL OR p.id <= $3)
ORDER BY p.id LIMIT $4
"""

_WORKFLOW: Final = "'post:' || p.tenant_id || ':' || c.tg_channel_id || ':' || p.telegram_message_id"

#: The workflows of what was cleared between two cursors and has not been done again, for each check that clears.
PENDING: Final = {
    Check.INDEX: f"""
SELECT DISTINCT {_WORKFLOW} FROM posts p JOIN channels c ON c.id = p.channel_id JOIN post_stages s ON s.post_id = p.id
WHERE p.tenant_id = $1 AND p.id > $2::text::uuid AND p.id <= $3::text::uuid
    AND s.stage IN ('vectors', 'graph') AND s.fingerprint = ''
""",  # noqa: S608  # a constant of ours
    Check.ALBUMS: """
SELECT 'album:' || g.tenant_id || ':' || c.tg_channel_id || ':' || g.grouped_id
FROM media_groups g JOIN channels c ON c.id = g.channel_id
WHERE g.tenant_id = $1 AND g.id > $2::text::bigint AND g.id <= $3::text::bigint
    AND g.meta ? 'enrichment' AND g.assembled_fingerprint IS NULL
""",
    Check.CHANNEL_PHOTOS: """
SELECT 'channel-photo:' || p.tenant_id || ':' || c.tg_channel_id || ':' || p.telegram_message_id
FROM channel_photos p JOIN channels c ON c.id = p.channel_id
WHERE p.tenant_id = $1 AND p.id > $2::text::uuid AND p.id <= $3::text::uuid AND p.recorded_at IS NULL
""",
    Check.PAGES: f"""
SELECT DISTINCT {_WORKFLOW} FROM pages g JOIN posts p ON p.tenant_id = g.tenant_id AND p.id = {READER}
JOIN channels c ON c.id = p.channel_id JOIN post_stages s ON s.post_id = p.id
WHERE g.tenant_id = $1 AND g.page_key > $2 AND g.page_key <= $3 AND s.stage = 'crawl' AND s.fingerprint = ''
""",  # noqa: S608  # a constant of ours
}

#: Before the first of each, as PENDING compares it.
_BEGINNING: Final = {
    Check.INDEX: str(UUID(int=0)),
    Check.CHANNEL_PHOTOS: str(UUID(int=0)),
    Check.ALBUMS: "0",
    Check.PAGES: "",
}


class IndexedPost:
    """A post that the archive says is indexed, and in which stages."""

    def __init__(self, id: UUID, stages: Sequence[Stage]) -> None:
        self.id, self.stages = id, tuple(stages)


class AssembledAlbum:
    """An album that was put together: its number, who it is, and the key of its summary."""

    def __init__(self, row: dict[str, Any]) -> None:
        trace = trace_id(f"{row['tenant_id']}:{row['channel_id']}:{row['grouped_id']}")
        self.id: int = row["id"]
        self.ref = AlbumRef.model_validate({**row, "trace_id": trace})
        self.object_key: str | None = row["object_key"]


class Comparison:
    """The archive, as it is compared with the stores."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def next_tenant(self, after: UUID | None) -> UUID | None:
        """Return the tenant with the next id, None after the last."""
        with our_errors():
            id: UUID | None = await self._pool.fetchval(NEXT_TENANT, after)
        return id

    async def total(self, tenant_id: UUID | None, since: datetime) -> int:
        """Return how many posts, albums, objects, and events sent since then there are to compare."""
        with our_errors():
            return int(await self._pool.fetchval(TOTAL, tenant_id, since))

    async def indexed(
        self, tenant_id: UUID, after: UUID, until: UUID | None, limit: int
    ) -> list[IndexedPost]:
        """Return up to ``limit`` posts that are said to be indexed, by id."""
        with our_errors():
            rows = await self._pool.fetch(INDEXED, tenant_id, after, until, limit)
        return [IndexedPost(row["id"], [Stage(stage) for stage in row["stages"]]) for row in rows]

    async def clear(self, tenant_id: UUID, stages: Sequence[tuple[UUID, Stage]]) -> list[PostRef]:
        """Make these stages of these posts stale; return the posts that exist. Again, it changes nothing."""
        ids, names = [id for id, _ in stages], [stage.value for _, stage in stages]
        with our_errors():
            rows = await self._pool.fetch(CLEAR, tenant_id, ids, names)
        return [PostRef.model_validate(dict(row)) for row in rows]

    async def known(self, tenant_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
        """Return those of ``ids`` that are posts of the tenant."""
        with our_errors():
            rows = await self._pool.fetch(KNOWN, tenant_id, list(ids))
        return {row["id"] for row in rows}

    async def albums(
        self, tenant_id: UUID, after: int, until: int | None, limit: int
    ) -> list[AssembledAlbum]:
        """Return up to ``limit`` albums that were put together, by number."""
        with our_errors():
            rows = await self._pool.fetch(ALBUMS, tenant_id, after, until, limit)
        return [AssembledAlbum(dict(row)) for row in rows]

    async def clear_albums(self, tenant_id: UUID, ids: Sequence[int]) -> None:
        """Have these albums put together again when they are looked at next."""
        with our_errors():
            await self._pool.execute(CLEAR_ALBUMS, tenant_id, list(ids))

    async def channel_photos(
        self, tenant_id: UUID, after: UUID, until: UUID | None, limit: int
    ) -> list[WaitingPhoto]:
        """Return up to ``limit`` channel pictures that were recorded and have bytes, by id."""
        with our_errors():
            rows = await self._pool.fetch(CHANNEL_PHOTOS, tenant_id, after, until, limit)
        return [photo_of(dict(row)) for row in rows]

    async def clear_channel_photos(self, tenant_id: UUID, ids: Sequence[UUID]) -> None:
        """Have these channel pictures recorded again. Again, it changes nothing."""
        with our_errors():
            await self._pool.execute(CLEAR_CHANNEL_PHOTOS, tenant_id, list(ids))

    async def pending(self, check: Check, tenant_id: UUID, after: str, until: str) -> list[str]:
        """Return the workflows of what was cleared between two cursors and has not been done again."""
        with our_errors():
            rows = await self._pool.fetch(PENDING[check], tenant_id, after or _BEGINNING[check], until)
        return [row[0] for row in rows]
