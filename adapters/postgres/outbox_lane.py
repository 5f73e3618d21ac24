"""One lane of the outbox, for a relay: unsent events in order, held by one relay at a time."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import asyncpg

from adapters.postgres import ingest_sql as sql
from adapters.postgres.errors import our_errors
from contracts.outgoing import Outgoing

BATCH: Final = 200


class LaneBatch:
    """Events to append now; empty when there are none or another relay is at it."""

    def __init__(self, connection: Any, rows: Sequence[asyncpg.Record]) -> None:
        self._connection, self._ids = connection, [row["id"] for row in rows]
        self.events = [
            Outgoing(stream=r["stream_key"], idempotency_key=r["idempotency_key"], fields=r["fields"])
            for r in rows
        ]

    async def sent(self, entry_ids: Sequence[str | None]) -> None:
        """Remember that the events were appended, and as which entries."""
        await self._connection.execute(sql.SENT, self._ids, list(entry_ids))


class OutboxLane:
    """The events of one lane that no stream has yet."""

    def __init__(self, pool: asyncpg.Pool, lane: str) -> None:
        self._pool, self._lane = pool, lane

    @asynccontextmanager
    async def unsent(self) -> AsyncIterator[LaneBatch]:
        """Hold the lane and its oldest unsent events until the block ends.

        Raises:
            UnavailableError: the database did not answer.
        """
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                taken = await connection.fetchval(sql.TAKE_LANE, self._lane)
                rows = await connection.fetch(sql.UNSENT, self._lane, BATCH) if taken else []
                yield LaneBatch(connection, rows)
