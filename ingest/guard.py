"""The guard: sees that Redis lost what was sent to it, and has it restored before anything new is sent."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import uuid4

import structlog

from adapters.redis_streams.marker import Marker, MarkerKey, Sight
from contracts.errors import UnavailableError
from contracts.restoring import LOOK_BACK
from runtime import metrics

#: Seconds between two looks, and between two tries at a store that does not answer.
EVERY: Final = 2.0
OUTAGE: Final = 2.0

#: A whole marker is written anew when it is older than this.
RENEW: Final = timedelta(minutes=1)

#: A server that comes back without its tail kept everything that was written before the marker that it kept. An hour
#: more is enough for a marker that was about to be renewed, for writes that took long and for clocks that disagree.
MARGIN: Final = timedelta(hours=1)

#: Seconds after which the latest events are looked through once more: one that was appended to the lost Redis may
#: have been recorded as sent only after its place in the outbox was passed. No statement of ours takes that long.
LATECOMERS: Final = 90.0

_log = structlog.get_logger(__name__)


class Restorer(Protocol):
    """Appends lost events again."""

    async def everything(self, since: datetime) -> Counter[str]: ...


class Guard:
    """Keeps the marker. Any number may run: what one of them appended, the others find."""

    def __init__(
        self,
        marker: MarkerKey,
        restorer: Restorer,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._marker, self._restorer, self._now, self._clock = marker, restorer, now, clock
        self._latecomers: tuple[float, datetime] | None = None

    async def run(self) -> None:
        """Look until cancelled; a store that does not answer is waited for."""
        while True:
            try:
                await self.look()
            except UnavailableError as error:
                _log.warning("guard waits for a store", reason=str(error))
                await asyncio.sleep(OUTAGE)
            else:
                await asyncio.sleep(EVERY)

    async def look(self) -> int:
        """Look once, and restore what is lost; return how many events that were.

        Raises:
            UnavailableError: a store did not answer; the marker says so until another look was whole.
        """
        seen = await self._marker.look()
        if seen.is_whole:
            await self._renew(seen)
            return await self._restore_latecomers()
        began = self._now()
        repair = await self._under_repair(seen)
        if repair is None:
            return 0
        restored = await self._restore(repair.at)
        under = Sight(repair.run_id, repair.text)
        if await self._marker.swap(under, Marker(repair.run_id, self._now())):
            self._latecomers = (self._clock() + LATECOMERS, began - MARGIN)
            _log.info("streams are whole", run_id=repair.run_id, restored=restored)
        return restored

    async def _under_repair(self, seen: Sight) -> Marker | None:
        """Return the repair that goes on, or the one that begins now; None when somebody else was quicker."""
        marker = seen.marker
        if marker and marker.token and marker.run_id == seen.run_id:
            return marker
        emptied = self._now() - LOOK_BACK
        since = emptied if marker is None else marker.at if marker.token else marker.at - MARGIN
        repair = Marker(seen.run_id, max(since, emptied), uuid4().hex)
        if not await self._marker.swap(seen, repair):
            return None
        why = "new or emptied" if marker is None else "started again"
        _log.info("redis is looked through for what it lost", why=why, since=repair.at.isoformat())
        return repair

    async def _restore(self, since: datetime) -> int:
        restored = await self._restorer.everything(since)
        for stream, count in restored.items():
            metrics.RESTORED.labels(stream).inc(count)
            _log.warning("events restored", stream=stream, events=count)
        return restored.total()

    async def _restore_latecomers(self) -> int:
        if self._latecomers is None or self._clock() < self._latecomers[0]:
            return 0
        (_, since), self._latecomers = self._latecomers, None
        return await self._restore(since)

    async def _renew(self, seen: Sight) -> None:
        marker, now = seen.marker, self._now()
        if marker and now - marker.at >= RENEW:
            await self._marker.swap(seen, Marker(marker.run_id, now))
