"""The record of parks: who waited for somebody, why, and how it ended."""

from typing import Any, Final

import asyncpg

from adapters.postgres.errors import our_errors
from adapters.postgres.stages import keep_events
from contracts.outgoing import Outgoing
from contracts.parking import LeftOpen, OpenLetter, Parked, Settled
from contracts.post import PostInput

BEGIN: Final = """
INSERT INTO parks
    (tenant_id, workflow_id, run_id, number, post_id, tg_channel_id, stage, reason, message, problems, since, until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (workflow_id, run_id, number) DO NOTHING RETURNING id
"""

#: Also of a park that could not be recorded while it lasted.
END: Final = """
INSERT INTO parks AS k
    (tenant_id, workflow_id, run_id, number, post_id, tg_channel_id, stage, reason, message, problems, since, until,
    ended_at, action, left_out, decided_by, note, woken_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, now(), $13, $14, $15, $16, $17)
ON CONFLICT (workflow_id, run_id, number) DO UPDATE SET ended_at = COALESCE(k.ended_at, now()),
    action = EXCLUDED.action, left_out = EXCLUDED.left_out, decided_by = EXCLUDED.decided_by, note = EXCLUDED.note,
    woken_by = EXCLUDED.woken_by
"""

#: What was dealt with is no longer on record either: nobody puts it back.
FORGET_LETTER: Final = """
DELETE FROM outbox_events WHERE aggregate_id = $1 AND event_type = 'dlq.message' AND idempotency_key = $2
"""

OPEN_PARKS: Final = "SELECT id FROM parks WHERE workflow_id = $1 AND ended_at IS NULL"

OPEN_LETTERS: Final = """
SELECT id, stream_key AS stream, entry_id, fields ->> 'unsaved' AS unsaved FROM outbox_events
WHERE aggregate_id = $1 AND event_type = 'dlq.message' ORDER BY id
"""

CLOSE: Final = """
UPDATE parks SET ended_at = now(), woken_by = $2, decided_by = $3 WHERE id = ANY ($1) AND ended_at IS NULL
"""

FORGET_LETTERS: Final = "DELETE FROM outbox_events WHERE id = ANY ($1) AND event_type = 'dlq.message'"


class Parks:
    """Kept for ever: ``explain`` tells of them."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def begin(self, park: Parked, letter: Outgoing) -> None:
        """Keep a park and put its dead letter into the outbox, both or neither.

        A second time, or after the park has ended, it changes nothing.
        """
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                is_new = await connection.fetchval(BEGIN, *_row(park)) is not None
                await keep_events(connection, park.tenant_id, park.workflow_id, [letter] if is_new else [])

    async def end(self, settled: Settled) -> None:
        """Keep how a park ended, and forget its dead letter. Idempotent."""
        park, decision = settled.parked, settled.decision
        action, stage, by, note = (
            (decision.action, decision.stage, decision.by, decision.note or None) if decision else [None] * 4
        )
        how = (action, stage, by, note, settled.woken_by or None)
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(END, *_row(park), *how)
                await connection.execute(FORGET_LETTER, park.workflow_id, park.key)

    async def left_open(self, workflow_id: str) -> LeftOpen:
        """Return the parks of a workflow that are open, and the letters that its parks have."""
        with our_errors():
            parks = await self._pool.fetch(OPEN_PARKS, workflow_id)
            letters = await self._pool.fetch(OPEN_LETTERS, workflow_id)
        return LeftOpen(parks=tuple(row["id"] for row in parks), letters=tuple(map(_letter, letters)))

    async def close(self, left: LeftOpen, woken_by: str, by: str | None) -> None:
        """Say of parks that their workflow went on, and forget their letters. Idempotent."""
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await connection.execute(CLOSE, list(left.parks), woken_by, by)
                await connection.execute(FORGET_LETTERS, [letter.id for letter in left.letters])

    async def forget_letter(self, workflow_id: str, key: str) -> None:
        """Forget the letter of that key. Idempotent."""
        with our_errors():
            await self._pool.execute(FORGET_LETTER, workflow_id, key)


def _letter(row: asyncpg.Record) -> OpenLetter:
    unsaved = PostInput.model_validate_json(row["unsaved"]) if row["unsaved"] else None
    return OpenLetter(id=row["id"], stream=row["stream"], entry_id=row["entry_id"], unsaved=unsaved)


def _row(park: Parked) -> tuple[Any, ...]:
    first = park.problems[0]
    return (
        park.tenant_id, park.workflow_id, park.run_id, park.number, park.post_id, park.tg_channel_id, first.stage,
        first.reason, first.message, [problem.model_dump(mode="json") for problem in park.problems], park.since,
        park.until,
    )  # fmt: skip
