"""Keeping what parks: who waits for somebody, why, and what was decided."""

from typing import Protocol

from temporalio import activity

from contracts.dead_letters import parked as letter_of
from contracts.outgoing import Outgoing
from contracts.parking import Parked, Settled


class Parks(Protocol):
    """The record of parks."""

    async def keep(self, park: Parked, letter: Outgoing | None) -> None: ...

    async def end(self, settled: Settled) -> None: ...


class EventLog(Protocol):
    """The streams, and the dead-letter streams among them."""

    async def withdraw(self, stream: str, idempotency_key: str) -> bool: ...


class ParkingActivities:
    """Parks are kept beside the posts; each that needs a human has its dead letter for as long as it lasts."""

    def __init__(self, parks: Parks, log: EventLog) -> None:
        self._parks, self._log = parks, log

    @activity.defn
    async def record_park(self, park: Parked) -> None:
        """Keep the park as it is now, and its dead letter, to be announced under the workflow's id.

        A dead letter means that somebody has to look: what goes on by itself has none. Idempotent by (workflow, run,
        number); a park that has ended meanwhile is left as it is.
        """
        await self._parks.keep(park, None if park.is_deferred else letter_of(park))

    @activity.defn
    async def settle_park(self, settled: Settled) -> bool:
        """Keep how the park ended and withdraw its dead letter; True when there was a letter. Idempotent.

        Whoever is still about to record the park or to append its letter comes too late then.
        """
        await self._parks.end(settled)
        letter = letter_of(settled.parked)
        return await self._log.withdraw(letter.stream, letter.idempotency_key)
