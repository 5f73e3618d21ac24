"""The record of parks: who waited for somebody, why, and how it ended."""

from typing import Any, Final

import asyncpg

from adapters.postgres.errors import our_errors
from adapters.postgres.stages import keep_events
from contracts.outgoing import Outgoing
from contracts.parking import LeftOpen, OpenLetter, Parked, Settled, keys_of
from contracts.post import PostInput

#: One that lasts and is tried again in vain has the latest moment; an attempt that was held up changes nothing.
KEEP: Final = """
INSERT INTO parks
    (tenant_id, workflow_id, run_id, number, post_id, tg_channel_id, stage, reason, message, problems, since, until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (workflow_id, run_id, number) DO UPDATE SET stage = EXCLUDED.stage, reason = EXCLUDED.reason,
    message = EXCLUDED.message, problems = EXCLUDED.problems, until = EXCLUDED.until
WHERE parks.ended_at IS NULL AND parks.until <= EXCLUDED.until
RETURNING xmax = 0 AS is_new
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

OPEN_PARKS: Final = """
SELECT id FROM parks WHERE workflow_id = $1 AND ended_at IS NULL AND run_id IS DISTINCT FROM $2
"""

OPEN_LETTERS: Final = """
SELECT id, stream_key AS stream, entry_id, fields ->> 'unsaved' AS unsaved FROM outbox_events
WHERE aggregate_id = $1 AND event_type = 'dlq.message' AND NOT COALESCE(starts_with(idempotency_key, $2), false)
ORDER BY id
"""

CLOSE: Final = """
UPDATE parks SET ended_at = now(), woken_by = $2, decided_by = $3 WHERE id = ANY ($1) AND ended_at IS NULL
"""

FORGET_LETTERS: Final = "DELETE FROM outbox_events WHERE id = ANY ($1) AND event_type = 'dlq.message'"


class Parks:
    """Kept for ever: ``explain`` tells of them."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def keep(self, park: Parked, letter: Outgoing | None) -> None:
        """Keep a park as it is now; the first time its dead letter, if it has one, is put into the outbox with it.

        The same a second time, or anything after the park has ended, changes nothing.
        """
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                is_new = await connection.fetchval(KEEP, *_row(park))
                letters = [letter] if is_new and letter else []
                await keep_events(connection, park.tenant_id, park.workflow_id, letters)

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

    async def left_open(self, workflow_id: str, but_of: str | None = None) -> LeftOpen:
        """Return the parks of a workflow that are open, and the letters that its parks have; not those of one run."""
        own = keys_of(workflow_id, but_of) if but_of else None
        with our_errors():
            parks = await self._pool.fetch(OPEN_PARKS, workflow_id, but_of)
            letters = await self._pool.fetch(OPEN_LETTERS, workflow_id, own)
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
