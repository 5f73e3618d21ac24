"""How much one tenant may keep: counted in the bucket itself, and in what was put since.

A count lists everything that the tenant has, which takes minutes where that is a million objects. So there is one at a
time for a tenant, in a task of its own that outlives the put which wanted it, and nobody waits for it for long.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import inf
from typing import Final

import structlog

from contracts.errors import RefusedError

log = structlog.get_logger(__name__)

#: Returns the bytes of all objects with a prefix.
Size = Callable[[str], Awaitable[int]]

_KINDS: Final = ("media", "vision", "crawl", "album")
#: What comes from outside is refused. What was seen and put together has been paid for, and is small.
_REFUSED: Final = frozenset({"media", "crawl"})


@dataclass(frozen=True)
class Times:
    """Seconds for which a count is believed, and for which when it refuses; ``patience`` from the beginning of a count
    is how long puts wait for it that know none, or are refused by an older one."""

    believed: float = 900.0
    believed_when_full: float = 60.0
    patience: float = 5.0


_TIMES: Final = Times()


@dataclass
class _Count:
    """The last count of a tenant and the one under way; ``used`` is None before the first one has ended."""

    used: int | None = None
    at: float = -inf
    began: float = -inf
    under_way: asyncio.Task[None] | None = None


class Quota:
    """Keeps each tenant below ``most`` bytes.

    It may be gone over by what is put before the first count has ended, while one is taken, and by other processes.
    """

    def __init__(self, size: Size, most: int, times: Times = _TIMES) -> None:
        self._size, self._most, self._times = size, most, times
        self._counts: dict[str, _Count] = {}

    async def admit(self, key: str, size: int) -> None:
        """Count ``size`` more bytes under ``key``.

        Waits for a count for a few seconds, once; then the last one counts, and where there is none yet the
        bytes are let through.

        Raises:
            RefusedError: the tenant has no room for them; the reason is ``quota``.
            Exception: the bucket could not be counted, and never has been; as the store says it.
        """
        kind, tenant, *_ = (*key.split("/"), "", "")
        if kind not in _KINDS:
            return
        count = self._counts.setdefault(tenant, _Count())
        await self._renew(tenant, count, size if kind in _REFUSED else 0)
        if count.used is None:
            return
        if kind in _REFUSED and count.used + size > self._most:
            raise RefusedError(
                f"tenant {tenant} keeps {count.used} of {self._most} bytes: no room for {size} more", "quota"
            )
        count.used += size

    async def close(self) -> None:
        """Give up the counts that are under way."""
        tasks = [count.under_way for count in self._counts.values() if count.under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _renew(self, tenant: str, count: _Count, size: int) -> None:
        """Have the tenant counted where the last count is too old; wait where that may change what is said."""
        is_told_no = count.used is not None and count.used + size > self._most
        believed = self._times.believed_when_full if is_told_no else self._times.believed
        if time.monotonic() - count.at < believed:
            return
        counting = self._counting(tenant, count)
        if count.used is not None and not is_told_no:
            return
        left = max(0.0, count.began + self._times.patience - time.monotonic())
        await asyncio.wait({counting}, timeout=left)
        if count.used is None and counting.done():
            counting.result()

    def _counting(self, tenant: str, count: _Count) -> asyncio.Task[None]:
        if count.under_way is None or count.under_way.done():
            count.began = time.monotonic()
            count.under_way = asyncio.create_task(self._take(tenant, count))
            count.under_way.add_done_callback(_say_failure)
        return count.under_way

    async def _take(self, tenant: str, count: _Count) -> None:
        used = sum([await self._size(f"{kind}/{tenant}/") for kind in _KINDS])
        count.used, count.at = used, time.monotonic()


def _say_failure(counting: asyncio.Task[None]) -> None:
    if not counting.cancelled() and (error := counting.exception()):
        log.warning(
            "a tenant's objects could not be counted", error=type(error).__name__, sentence=str(error)
        )
