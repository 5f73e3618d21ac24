"""The relay: carries what an ingest put into the outbox to the streams, in order, each once."""

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

import asyncpg
import structlog

from adapters.postgres.outbox_lane import OutboxLane
from contracts.errors import UnavailableError
from contracts.outgoing import Outgoing

#: Seconds between two looks at an empty outbox, and between two tries at a store that does not answer.
IDLE: Final = 0.3
OUTAGE: Final = 2.0

_log = structlog.get_logger(__name__)


class EventAppender(Protocol):
    """Where events are told; appending an event again is harmless."""

    async def append_all(self, events: Sequence[Outgoing]) -> Sequence[str | None]: ...


class Relay:
    """Publishes one lane of the outbox. Any number may run: one at a time has the lane, in order."""

    def __init__(self, pool: asyncpg.Pool, event_log: EventAppender, lane: str = "ingest") -> None:
        self._lane, self._log = OutboxLane(pool, lane), event_log

    async def run(self) -> None:
        """Publish until cancelled; a store that does not answer is waited for."""
        while True:
            try:
                published = await self.drain()
            except UnavailableError as error:
                _log.warning("outbox waits for a store", reason=str(error))
                await asyncio.sleep(OUTAGE)
            else:
                if not published:
                    await asyncio.sleep(IDLE)

    async def drain(self) -> int:
        """Publish what there is; return how many events that were. Another relay's batch counts as its own.

        Raises:
            UnavailableError: a store did not answer; what was appended is not appended again.
        """
        total = 0
        while published := await self._batch():
            total += published
        return total

    async def _batch(self) -> int:
        async with self._lane.unsent() as batch:
            if batch.events:
                await batch.sent(await self._log.append_all(batch.events))
            return len(batch.events)
