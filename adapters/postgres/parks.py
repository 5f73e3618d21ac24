"""The record of parks: who waited for somebody, why, and how it ended."""

from typing import Any, Final

import asyncpg

from adapters.postgres.errors import our_errors
from adapters.postgres.stages import keep_events
from contracts.outgoing import Outgoing
from contracts.parking import Parked, Settled

BEGIN: Final = """
INSERT INTO parks
    (tenant_id, workflow_id, run_id, number, post_id, tg_channel_id, stage, reason, message, problems, since, until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (workflow_id, run_id, number) DO NOTHING
"""

END: Final = """
UPDATE parks SET ended_at = COALESCE(ended_at, now()), action = $4, left_out = $5, decided_by = $6, note = $7,
    woken_by = $8
WHERE workflow_id = $1 AND run_id = $2 AND number = $3
"""

LETTER: Final = """
SELECT entry_id FROM outbox_events
WHERE aggregate_id = $1 AND event_type = 'dlq.message' AND idempotency_key = $2
"""

#: What was dealt with is no longer on record either: nobody puts it back.
FORGET_LETTER: Final = """
DELETE FROM outbox_events WHERE aggregate_id = $1 AND event_type = 'dlq.message' AND idempotency_key = $2
"""


class Parks:
    """Kept for ever: ``explain`` tells of them."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def begin(self, park: Parked, letter: Outgoing) -> None:
        """Keep a park and put its dead letter into the outbox, both or neither; a second time changes nothing."""
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(BEGIN, *_row(park))
                await keep_events(connection, park.tenant_id, park.workflow_id, [letter])

    async def letter(self, park: Parked) -> str | None:
        """Return the entry of the park's dead letter, None when none was sent."""
        with our_errors():
            entry_id: str | None = await self._pool.fetchval(LETTER, park.workflow_id, park.key)
        return entry_id

    async def end(self, settled: Settled) -> None:
        """Keep how a park ended, and forget its dead letter. Idempotent."""
        park, decision = settled.parked, settled.decision
        action, stage, by, note = (
            (decision.action, decision.stage, decision.by, decision.note or None) if decision else [None] * 4
        )
        which = (park.workflow_id, park.run_id, park.number)
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(END, *which, action, stage, by, note, settled.woken_by or None)
                await connection.execute(FORGET_LETTER, park.workflow_id, park.key)


def _row(park: Parked) -> tuple[Any, ...]:
    first = park.problems[0]
    return (
        park.tenant_id, park.workflow_id, park.run_id, park.number, park.post_id, park.tg_channel_id, first.stage,
        first.reason, first.message, [problem.model_dump(mode="json") for problem in park.problems], park.since,
        park.until,
    )  # fmt: skip
