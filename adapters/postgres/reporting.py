"""What the archive tells operators: counts by state and stage, and posts in a line."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from adapters.postgres.rows import query

Row = dict[str, Any]

POSTS = """
SELECT t.name AS tenant, p.enrichment_status AS state, count(*) AS posts
FROM posts p JOIN tenants t ON t.id = p.tenant_id GROUP BY 1, 2
UNION ALL
SELECT t.name, 'deleted', count(*)
FROM post_tombstones x JOIN tenants t ON t.id = x.tenant_id WHERE x.erased_at IS NOT NULL GROUP BY 1
ORDER BY 1, 2
"""

STAGES = """
SELECT t.name AS tenant, s.stage, s.outcome, s.reason, count(*) AS posts, sum(s.runs) AS runs,
    sum(s.attempts) AS attempts, sum(extract(epoch FROM s.ended_at - s.started_at))::float AS seconds,
    sum(extract(epoch FROM s.started_at - s.scheduled_at))::float AS waited
FROM post_stages s JOIN posts p ON p.id = s.post_id JOIN tenants t ON t.id = p.tenant_id
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 5 DESC
"""

UNFINISHED = """
SELECT t.name AS tenant, COALESCE(l.stage, 'nothing') AS after_stage, count(*) AS posts
FROM posts p JOIN tenants t ON t.id = p.tenant_id
LEFT JOIN LATERAL (
    SELECT s.stage FROM post_stages s WHERE s.post_id = p.id ORDER BY s.ended_at DESC LIMIT 1
) l ON true
WHERE NOT p.is_processed GROUP BY 1, 2 ORDER BY 1, 2
"""

ALBUMS = """
SELECT t.name AS tenant, count(*) AS albums,
    count(*) FILTER (WHERE g.assembled_fingerprint IS NOT NULL
        AND NOT COALESCE((g.meta #>> '{enrichment,partial}')::boolean, false)) AS complete,
    count(*) FILTER (WHERE g.assembled_fingerprint IS NOT NULL
        AND COALESCE((g.meta #>> '{enrichment,partial}')::boolean, false)) AS partial
FROM media_groups g JOIN tenants t ON t.id = g.tenant_id GROUP BY 1 ORDER BY 1
"""

CHANNEL_PICTURES = """
SELECT t.name AS tenant, count(*) AS pictures, count(*) FILTER (WHERE f.recorded_at IS NULL) AS unrecorded
FROM channel_photos f JOIN tenants t ON t.id = f.tenant_id GROUP BY 1 ORDER BY 1
"""

OUTBOX = """
SELECT lane, count(*) AS unsent, min(created_at) AS oldest FROM outbox_events
WHERE processed_at IS NULL GROUP BY 1 ORDER BY 1
"""

RUNS = """
SELECT COALESCE(sum(s.runs), 0)::bigint AS runs FROM post_stages s JOIN posts p ON p.id = s.post_id
WHERE p.tenant_id = $1
"""

CHANNEL = """
SELECT id FROM channels WHERE tenant_id = $1
    AND (id::text = $2 OR tg_channel_id::text = $2 OR lower(username) = lower(ltrim($2, '@')) OR title = $2)
ORDER BY id LIMIT 1
"""

BRIEFS = """
SELECT id AS post_id, telegram_post_url AS link, posted_at, left(content, 300) AS text
FROM posts WHERE tenant_id = $1 AND id = ANY ($2)
"""


class Reports:
    """Questions about all posts at once. Nothing here decides anything."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def posts(self) -> list[Row]:
        """Return how many posts of each tenant are in each state; of deleted ones there is a tombstone only."""
        return await self._rows(POSTS)

    async def stages(self) -> list[Row]:
        """Return for each tenant, stage, outcome and reason: posts, runs, attempts, seconds run and waited."""
        return await self._rows(STAGES)

    async def unfinished(self) -> list[Row]:
        """Return how many posts of each tenant are not at their end, by the stage that they did last."""
        return await self._rows(UNFINISHED)

    async def albums(self) -> list[Row]:
        """Return for each tenant: albums, and how many were put together completely and partially."""
        return await self._rows(ALBUMS)

    async def channel_pictures(self) -> list[Row]:
        """Return for each tenant that has some: channel pictures, and how many are not looked at and recorded."""
        return await self._rows(CHANNEL_PICTURES)

    async def outbox(self) -> list[Row]:
        """Return for each lane with unsent events: how many, and since when the oldest waits."""
        return await self._rows(OUTBOX)

    async def channel_id(self, tenant_id: UUID, wanted: str) -> UUID | None:
        """Return the tenant's channel with that id, Telegram id, username or title."""
        rows = await self._rows(CHANNEL, tenant_id, wanted)
        return rows[0]["id"] if rows else None

    async def briefs(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> list[Row]:
        """Return link, date and beginning of the tenant's posts with these ids."""
        return await self._rows(BRIEFS, tenant_id, list(post_ids))

    async def channel(self, tenant_id: UUID, tg_channel_id: int) -> Row:
        """Return what became of one channel's posts and pictures: see ``sql/channel_report.sql`` for the names."""
        rows = await self._rows(query("channel_report"), tenant_id, tg_channel_id)
        return rows[0]

    async def runs(self, tenant_id: UUID) -> int:
        """Return how many times stages have run for the tenant's posts, ever."""
        rows = await self._rows(RUNS, tenant_id)
        return int(rows[0]["runs"])

    async def progress(self, tenant_id: UUID, tg_channel_id: int) -> Row:
        """Return ``total`` and ``terminal`` posts of a channel, its ``albums`` and how many are ``assembled``,
        its ``channel_pictures``, how many are ``recorded`` and ``not_handed_over``, the tenant's ``unsent`` events.
        """
        rows = await self._rows(query("channel_progress"), tenant_id, tg_channel_id)
        return rows[0]

    async def indexed(self, tenant_id: UUID) -> set[UUID]:
        """Return the ids of the tenant's posts that are said to be indexed."""
        rows = await self._rows(
            "SELECT id FROM posts WHERE tenant_id = $1 AND enrichment_status = 'indexed'", tenant_id
        )
        return {row["id"] for row in rows}

    async def _rows(self, statement: str, *values: Any) -> list[Row]:
        with our_errors():
            return [dict(row) for row in await self._pool.fetch(statement, *values)]
