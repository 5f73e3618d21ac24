"""What of the outbox was sent: every event that ever left, part by part."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from contracts.outgoing import Outgoing
from contracts.restoring import SentEvent

ARCHIVE_ID: Final = "SELECT id FROM archive"

#: OFFSET 0 keeps the planner from walking the primary key from the first event ever.
FIRST_SINCE: Final = """
SELECT min(id) FROM (SELECT id FROM outbox_events WHERE processed_at >= $1 OFFSET 0) s
"""

SENT_PART: Final = """
SELECT id, stream_key AS stream, idempotency_key FROM outbox_events
WHERE id > $1 AND processed_at >= $2 AND ($3::uuid IS NULL OR tenant_id = $3)
ORDER BY id LIMIT $4
"""

EVENTS: Final = """
SELECT id, stream_key AS stream, idempotency_key, fields FROM outbox_events WHERE id = ANY ($1) ORDER BY id
"""

#: An event that was sent again was sent now: what is lost next is looked for by this.
SENT_AGAIN: Final = """
UPDATE outbox_events e SET processed_at = now(), entry_id = s.entry_id
FROM unnest($1::bigint[], $2::text[]) AS s (id, entry_id) WHERE e.id = s.id
"""


class SentOutbox:
    """What was sent; what is still unsent is none of its business."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def archive_id(self) -> UUID:
        """Return the name of this database; it has it from its making on."""
        with our_errors():
            id: UUID = await self._pool.fetchval(ARCHIVE_ID)
        return id

    async def first(self, since: datetime) -> int | None:
        """Return the lowest id among the events sent since then, None when there are none."""
        with our_errors():
            first: int | None = await self._pool.fetchval(FIRST_SINCE, since)
        return first

    async def part(self, after: int, since: datetime, tenant_id: UUID | None, limit: int) -> list[SentEvent]:
        """Return up to ``limit`` events sent since then, with an id over ``after``, by id."""
        with our_errors():
            rows = await self._pool.fetch(SENT_PART, after, since, tenant_id, limit)
        return [SentEvent.model_validate(dict(row)) for row in rows]

    async def events(self, ids: Sequence[int]) -> dict[int, Outgoing]:
        """Return these events as they were sent, lowest id first."""
        with our_errors():
            rows = await self._pool.fetch(EVENTS, list(ids))
        return {row["id"]: Outgoing.model_validate(dict(row)) for row in rows}

    async def sent_again(self, ids: Sequence[int], entry_ids: Sequence[str]) -> None:
        """Remember where each event landed this time."""
        with our_errors():
            await self._pool.execute(SENT_AGAIN, list(ids), list(entry_ids))
