"""The outbox, for the bridge: the unsent events of one post or album, in the order they were written."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from adapters.postgres.errors import our_errors
from contracts.outgoing import Outgoing

UNSENT = """
SELECT id, stream_key, idempotency_key, fields FROM outbox_events
WHERE aggregate_id = $1 AND lane = 'bridge' AND processed_at IS NULL ORDER BY id
"""

SENT = """
UPDATE outbox_events e SET processed_at = now(), entry_id = s.entry_id
FROM unnest($1::bigint[], $2::text[]) AS s (id, entry_id) WHERE e.id = s.id
"""


@dataclass(frozen=True)
class Unsent:
    """An outbox row that no stream has yet."""

    id: int
    event: Outgoing


class Outbox:
    """What is still to be told."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def unsent(self, aggregate: str) -> list[Unsent]:
        """Return the events of ``aggregate`` that were committed and not yet appended, oldest first."""
        with our_errors():
            rows = await self._pool.fetch(UNSENT, aggregate)
        return [
            Unsent(
                r["id"],
                Outgoing(stream=r["stream_key"], idempotency_key=r["idempotency_key"], fields=r["fields"]),
            )
            for r in rows
        ]

    async def sent(self, ids: Sequence[int], entry_ids: Sequence[str]) -> None:
        """Remember where each event landed."""
        with our_errors():
            await self._pool.execute(SENT, list(ids), list(entry_ids))
