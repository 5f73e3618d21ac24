"""All records of one post or album, for people."""

from typing import Any, Final
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from adapters.postgres.rows import query

Row = dict[str, Any]

BY_ID: Final = """
SELECT id FROM posts WHERE id = $1
UNION SELECT post_id FROM post_aliases WHERE alias = $1
"""

BY_MESSAGE: Final = """
SELECT p.id FROM posts p JOIN channels c ON c.id = p.channel_id
WHERE p.telegram_message_id = $2 AND (c.tg_channel_id::text = $1 OR lower(c.username) = lower($1))
    AND ($3::uuid IS NULL OR p.tenant_id = $3)
ORDER BY p.tenant_id
"""

BY_LINK: Final = "SELECT id FROM posts WHERE telegram_post_url = $1 ORDER BY tenant_id"

STAGES: Final = """
SELECT stage, outcome, reason, attempts, runs, scheduled_at, started_at, ended_at, result,
    extract(epoch FROM started_at - scheduled_at)::float AS waited,
    extract(epoch FROM ended_at - started_at)::float AS took
FROM post_stages WHERE post_id = $1 ORDER BY ended_at, scheduled_at
"""

EVENTS: Final = """
SELECT event_type, stream_key AS stream, idempotency_key, entry_id, created_at, processed_at
FROM outbox_events WHERE aggregate_id = ANY ($1) ORDER BY id
"""

PICTURES: Final = """
SELECT m.file_sha256 AS sha256, o.mime, o.size_bytes, o.missing, v.skipped, v.calls, v.analyzed_at,
    v.data ->> 'classification' AS classification, v.data ->> 'description' AS description,
    (v.data ->> 'duration_ms')::int AS duration_ms, (v.data ->> 'tokens_used')::int AS tokens
FROM post_media_map m JOIN media_objects o USING (tenant_id, file_sha256)
LEFT JOIN LATERAL (
    SELECT * FROM media_vision w WHERE w.tenant_id = m.tenant_id AND w.file_sha256 = m.file_sha256
    ORDER BY w.analyzed_at DESC NULLS LAST LIMIT 1
) v ON true
WHERE m.post_id = $1 ORDER BY m.position
"""

PAGES: Final = """
SELECT g.url, g.final_url, g.title, g.word_count, g.skipped, g.latency_ms, g.fetched_at
FROM pages g JOIN posts p ON p.tenant_id = g.tenant_id
WHERE p.id = $1 AND p.urls ? g.url ORDER BY g.fetched_at
"""


class Records:
    """Finds posts and albums and reads what was recorded of them."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def by_id(self, post_id: UUID) -> list[UUID]:
        """Return the post with that id, or the one that a producer calls so."""
        return await self._ids(BY_ID, post_id)

    async def by_message(self, channel: str, message_id: int, tenant_id: UUID | None = None) -> list[UUID]:
        """Return the posts of that message, one for each tenant; ``channel`` is a Telegram id or a username."""
        return await self._ids(BY_MESSAGE, channel, message_id, tenant_id)

    async def by_link(self, link: str) -> list[UUID]:
        """Return the posts whose own link this is."""
        return await self._ids(BY_LINK, link)

    async def post(self, post_id: UUID) -> Row:
        """Return everything recorded of a post: itself, its stages, events, pictures and pages."""
        [post] = await self._rows(query("explain_post"), post_id)
        return {
            "post": post,
            "stages": await self._rows(STAGES, post_id),
            "pictures": await self._rows(PICTURES, post_id),
            "pages": await self._rows(PAGES, post_id),
            "events": await self._rows(EVENTS, [str(post_id)]),
        }

    async def album(self, tenant_id: UUID, tg_channel_id: int, grouped_id: int) -> Row | None:
        """Return everything recorded of an album: itself, its items and its events; None when there is none."""
        albums = await self._rows(query("explain_album"), tenant_id, tg_channel_id, grouped_id)
        if not albums:
            return None
        workflow_id = f"album:{tenant_id}:{tg_channel_id}:{grouped_id}"
        # Ingest tells of an album under its channel and group, the bridge under its workflow.
        about = [workflow_id, f"{albums[0]['channel_id']}:{grouped_id}"]
        return {"album": albums[0], "events": await self._rows(EVENTS, about)}

    async def _ids(self, statement: str, *values: Any) -> list[UUID]:
        return [next(iter(row.values())) for row in await self._rows(statement, *values)]

    async def _rows(self, statement: str, *values: Any) -> list[Row]:
        with our_errors():
            return [dict(row) for row in await self._pool.fetch(statement, *values)]
