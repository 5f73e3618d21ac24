"""How much one tenant may keep: counted in the bucket itself, and in what was put since."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from contracts.errors import RefusedError

#: Returns the bytes of all objects with a prefix.
Size = Callable[[str], Awaitable[int]]

_KINDS: Final = ("media", "vision", "crawl", "album")
#: What comes from outside is refused. What was seen and put together has been paid for, and is small.
_REFUSED: Final = frozenset({"media", "crawl"})
#: Seconds for which a count is believed, and for which it is believed when it refuses.
_BELIEVED: Final = 900.0
_BELIEVED_WHEN_FULL: Final = 60.0


@dataclass
class _Count:
    used: int
    at: float


class Quota:
    """Keeps each tenant below ``most`` bytes; processes that put at the same time may overshoot by what they put."""

    def __init__(self, size: Size, most: int) -> None:
        self._size, self._most = size, most
        self._counts: dict[str, _Count] = {}

    async def admit(self, key: str, size: int) -> None:
        """Count ``size`` more bytes under ``key``.

        Raises:
            RefusedError: the tenant has no room for them; the reason is ``quota``.
        """
        kind, tenant, *_ = (*key.split("/"), "", "")
        if kind not in _KINDS:
            return
        count = await self._counted(tenant, _BELIEVED)
        if kind in _REFUSED and count.used + size > self._most:
            count = await self._counted(tenant, _BELIEVED_WHEN_FULL)
        if kind in _REFUSED and count.used + size > self._most:
            raise RefusedError(
                f"tenant {tenant} keeps {count.used} of {self._most} bytes: no room for {size} more", "quota"
            )
        count.used += size

    async def _counted(self, tenant: str, believed: float) -> _Count:
        known = self._counts.get(tenant)
        if known and time.monotonic() - known.at < believed:
            return known
        used = sum([await self._size(f"{kind}/{tenant}/") for kind in _KINDS])
        count = self._counts[tenant] = _Count(used, time.monotonic())
        return count
