"""What stages leave behind: result, record and events, all or nothing, in one round trip."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from adapters.postgres.rows import query
from contracts.commit import StageCommit
from contracts.outgoing import Outgoing
from contracts.post import PostRef

KEEP_EVENT = """
INSERT INTO outbox_events
    (lane, tenant_id, aggregate_id, event_type, stream_key, idempotency_key, fields, trace_id)
VALUES ('bridge', $1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (stream_key, idempotency_key) DO NOTHING
"""


class StageStore:
    """Records of stages, the findings they wrote and the events they caused."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def commit(self, *commits: StageCommit) -> None:
        """Write what stages of one post left behind; the same commit again changes nothing but its times."""
        with our_errors():
            await self._pool.execute(query("stage_commit"), [_row(commit) for commit in commits])

    async def conclude(self, ref: PostRef, events: Sequence[Outgoing], status: str) -> bool:
        """Mark the post as indexed or skipped and keep the events that say so.

        Return whether an earlier run of its workflow left something open.
        """
        rows = [event.model_dump(mode="json") for event in events]
        with our_errors():
            values = (ref.post_id, status, ref.tenant_id, rows, ref.workflow_id)
            return bool(await self._pool.fetchval(query("conclude"), *values))


def _row(commit: StageCommit) -> dict[str, Any]:
    found = commit.finding
    return {
        "post_id": str(commit.ref.post_id),
        "tenant_id": str(commit.ref.tenant_id),
        **commit.record.model_dump(mode="json"),
        **commit.timing.model_dump(mode="json"),
        "result": commit.result,
        "status": commit.status,
        **(found.model_dump(mode="json") if found else {}),
        "events": [event.model_dump(mode="json") for event in commit.events],
    }


async def keep_events(connection: Any, tenant_id: UUID, aggregate: str, events: Sequence[Outgoing]) -> None:
    """Put ``events`` into the outbox within the caller's transaction; a key that is there already stays as it is."""
    rows = [
        (tenant_id, aggregate, e.event_type, e.stream, e.idempotency_key, e.fields, e.trace_id)
        for e in events
    ]
    if rows:
        await connection.executemany(KEEP_EVENT, rows)
