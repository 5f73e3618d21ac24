"""Keeping what parks: who waits for somebody, why, and what was decided."""

from typing import Protocol

from temporalio import activity

from contracts.dead_letters import parked as letter_of
from contracts.outgoing import Outgoing
from contracts.parking import Parked, Settled


class Parks(Protocol):
    """The record of parks."""

    async def begin(self, park: Parked, letter: Outgoing) -> None: ...

    async def letter(self, park: Parked) -> str | None: ...

    async def end(self, settled: Settled) -> None: ...


class Letters(Protocol):
    """The dead-letter streams."""

    async def withdraw(self, stream: str, entry_id: str) -> bool: ...


class ParkingActivities:
    """Parks are kept beside the posts; each has its dead letter for as long as it lasts."""

    def __init__(self, parks: Parks, letters: Letters) -> None:
        self._parks, self._letters = parks, letters

    @activity.defn
    async def record_park(self, park: Parked) -> None:
        """Keep the park and its dead letter, to be announced under the workflow's id.

        Idempotent by (workflow, run, number).
        """
        await self._parks.begin(park, letter_of(park))

    @activity.defn
    async def settle_park(self, settled: Settled) -> bool:
        """Withdraw the park's dead letter and keep how it ended; True when there was a letter. Idempotent."""
        entry_id = await self._parks.letter(settled.parked)
        gone = entry_id is not None and await self._letters.withdraw(
            letter_of(settled.parked).stream, entry_id
        )
        await self._parks.end(settled)
        return gone
