"""All records of one post, album or channel picture, for people."""

from typing import Any, Final
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from adapters.postgres.rows import query

Row = dict[str, Any]

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

#: What the post's vision stage has recorded of each file; before it has, or had said so, the latest look at it.
PICTURES: Final = """
SELECT m.file_sha256 AS sha256, o.mime, o.size_bytes, o.missing, v.calls, v.analyzed_at,
    CASE WHEN f.told ->> 'how' = 'skip' THEN f.told ->> 'reason' WHEN f.told IS NULL THEN v.skipped END AS skipped,
    f.told ->> 'how' AS how, f.told ->> 'reason' AS reason, f.told ->> 'rule' AS rule,
    v.data ->> 'classification' AS classification, v.data ->> 'description' AS description,
    (v.data ->> 'duration_ms')::int AS duration_ms, (v.data ->> 'tokens_used')::int AS tokens
FROM post_media_map m JOIN media_objects o USING (tenant_id, file_sha256)
LEFT JOIN post_stages s ON s.post_id = m.post_id AND s.stage = 'vision'
LEFT JOIN LATERAL (SELECT s.result #> ARRAY['files', m.file_sha256::text] AS told) f ON true
LEFT JOIN LATERAL (
    SELECT * FROM media_vision w WHERE w.tenant_id = m.tenant_id AND w.file_sha256 = m.file_sha256
        AND (f.told IS NULL OR w.vision_version = f.told ->> 'version')
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
    """What was recorded of posts, albums and channel pictures."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def post(self, post_id: UUID) -> Row | None:
        """Return everything recorded of a post: its stages, events, pictures, pages, calls; None when it is gone."""
        posts = await self._rows(query("explain_post"), post_id)
        if not posts:
            return None
        return {
            "post": posts[0],
            "stages": await self._rows(STAGES, post_id),
            "pictures": await self._rows(PICTURES, post_id),
            "pages": await self._rows(PAGES, post_id),
            "calls": await self._rows(query("explain_calls"), post_id),
            "events": await self._rows(EVENTS, [str(post_id)]),
        }

    async def tombstone(self, channel_id: UUID, message_id: int) -> Row | None:
        """Return what is left of a deleted post, None when there is no tombstone."""
        return await self._row(query("explain_deleted"), channel_id, message_id)

    async def early_edit(self, channel_id: UUID, message_id: int) -> Row | None:
        """Return the edit that came before its post, None when there is none."""
        return await self._row(query("explain_early_edit"), channel_id, message_id)

    async def channel_picture(self, tenant_id: UUID, tg_channel_id: int, message_id: int) -> Row | None:
        """Return everything recorded of a channel's own picture; None when there is none."""
        return await self._row(query("explain_channel_photo"), tenant_id, tg_channel_id, message_id)

    async def weight(self, post_id: UUID) -> Row:
        """Return what a deletion would take with the post; nothing when it is not there."""
        return await self._row(query("post_weight"), post_id) or {}

    async def events(self, aggregate: str) -> list[Row]:
        """Return the events about one thing, oldest first."""
        return await self._rows(EVENTS, [aggregate])

    async def album(self, tenant_id: UUID, tg_channel_id: int, grouped_id: int) -> Row | None:
        """Return everything recorded of an album: itself, its items and its events; None when there is none."""
        albums = await self._rows(query("explain_album"), tenant_id, tg_channel_id, grouped_id)
        if not albums:
            return None
        workflow_id = f"album:{tenant_id}:{tg_channel_id}:{grouped_id}"
        # Ingest tells of an album under its channel and group, the bridge under its workflow.
        about = [workflow_id, f"{albums[0]['channel_id']}:{grouped_id}"]
        return {"album": albums[0], "events": await self._rows(EVENTS, about)}

    async def _row(self, statement: str, *values: Any) -> Row | None:
        rows = await self._rows(statement, *values)
        return rows[0] if rows else None

    async def _rows(self, statement: str, *values: Any) -> list[Row]:
        with our_errors():
            return [dict(row) for row in await self._pool.fetch(statement, *values)]
