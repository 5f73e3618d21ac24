"""What stages leave behind: result, record and events in one transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from contracts.commit import StageCommit
from contracts.outgoing import Outgoing
from contracts.post import PostRef
from contracts.stages import Stage, StageRecord

KEEP_FINDING = """
INSERT INTO post_enrichment AS e (post_id, kind, provider, params_hash, data)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (post_id, kind) DO UPDATE SET
    provider = EXCLUDED.provider,
    params_hash = COALESCE(EXCLUDED.params_hash, e.params_hash),
    data = e.data || EXCLUDED.data,
    updated_at = now()
"""

KEEP_RECORD = """
INSERT INTO post_stages AS s
    (post_id, stage, fingerprint, outcome, reason, output, result, attempts, scheduled_at, started_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (post_id, stage) DO UPDATE SET
    fingerprint = EXCLUDED.fingerprint, outcome = EXCLUDED.outcome, reason = EXCLUDED.reason,
    output = EXCLUDED.output, result = EXCLUDED.result, attempts = EXCLUDED.attempts, runs = s.runs + 1,
    scheduled_at = EXCLUDED.scheduled_at, started_at = EXCLUDED.started_at, ended_at = now()
"""

KEEP_EVENT = """
INSERT INTO outbox_events
    (lane, tenant_id, aggregate_id, event_type, stream_key, idempotency_key, fields, trace_id)
VALUES ('bridge', $1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (stream_key, idempotency_key) DO NOTHING
"""

SET_STATUS = """
UPDATE posts SET
    enrichment_status = $2::text, enrichment_error = NULL, is_processed = $2::text IN ('indexed', 'skipped')
WHERE id = $1 AND (enrichment_status, is_processed) IS DISTINCT FROM ($2::text, $2::text IN ('indexed', 'skipped'))
"""

KEEP_INDEXING = """
INSERT INTO indexing_status AS i
    (post_id, embedding_status, graph_status, vector_id, processing_started_at, processing_completed_at)
VALUES ($1::uuid, $2::text, $2::text, CASE WHEN $2::text = 'completed' THEN ($1::uuid)::text END, $3, now())
ON CONFLICT (post_id) DO UPDATE SET
    embedding_status = EXCLUDED.embedding_status, graph_status = EXCLUDED.graph_status,
    vector_id = COALESCE(EXCLUDED.vector_id, i.vector_id),
    processing_started_at = COALESCE(i.processing_started_at, EXCLUDED.processing_started_at),
    processing_completed_at = now(), error_message = NULL
"""


class StageStore:
    """Records of stages, the findings they wrote and the events they caused."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def record(self, post_id: UUID, stage: Stage) -> StageRecord | None:
        """Return what is remembered of a stage, None when it never ended."""
        with our_errors():
            row = await self._pool.fetchrow(
                "SELECT stage, fingerprint, outcome, reason, output FROM post_stages WHERE post_id = $1 AND stage = $2",
                post_id,
                stage,
            )
        return StageRecord.model_validate(dict(row)) if row else None

    async def commit(self, *commits: StageCommit) -> None:
        """Write what stages left behind, all or nothing; the same commit again changes nothing but its times."""
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                for commit in commits:
                    await _write(connection, commit)

    async def conclude(self, ref: PostRef, events: Sequence[Outgoing], status: str) -> None:
        """Mark the post as indexed or skipped and keep the events that say so, in one transaction."""
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                state = "completed" if status == "indexed" else "skipped"
                started = await connection.fetchval(
                    "SELECT min(started_at) FROM post_stages WHERE post_id = $1", ref.post_id
                )
                await connection.execute(KEEP_INDEXING, ref.post_id, state, started)
                await connection.execute(SET_STATUS, ref.post_id, status)
                await keep_events(connection, ref.tenant_id, str(ref.post_id), events)


async def _write(connection: Any, commit: StageCommit) -> None:
    ref, record, timing = commit.ref, commit.record, commit.timing
    if found := commit.finding:
        await connection.execute(
            KEEP_FINDING, ref.post_id, found.kind, found.provider, found.params_hash, found.data
        )
    await connection.execute(
        KEEP_RECORD, ref.post_id, record.stage, record.fingerprint, record.outcome, record.reason, record.output,
        commit.result, timing.attempts, timing.scheduled_at, timing.started_at,
    )  # fmt: skip
    if commit.status:
        await connection.execute(SET_STATUS, ref.post_id, commit.status)
    await keep_events(connection, ref.tenant_id, str(ref.post_id), commit.events)


async def keep_events(connection: Any, tenant_id: UUID, aggregate: str, events: Sequence[Outgoing]) -> None:
    """Put ``events`` into the outbox within the caller's transaction; a key that is there already stays as it is."""
    rows = [
        (tenant_id, aggregate, e.event_type, e.stream, e.idempotency_key, e.fields, e.trace_id)
        for e in events
    ]
    if rows:
        await connection.executemany(KEEP_EVENT, rows)
