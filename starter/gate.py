"""Back-pressure: the stream is the buffer. Reading stops at a high-water mark and goes on at a low one."""

import asyncio
from collections.abc import Awaitable, Callable

#: Seconds between two looks at how many posts are open while reading is stopped.
LOOK_AGAIN = 0.4


class Gate:
    """Counts what was let in, and asks how many are really open only when the count says it is full."""

    def __init__(self, count_open: Callable[[], Awaitable[int]], high: int, low: int) -> None:
        self._count_open, self._high, self._low = count_open, high, low
        self._estimate: int | None = None

    async def room(self) -> int:
        """Return how many more may be let in, at least one; waits while the mark is reached."""
        if self._estimate is None:
            self._estimate = await self._count_open()
        if self._estimate >= self._high:
            self._estimate = await self._drained()
        return self._high - self._estimate

    async def _drained(self) -> int:
        while (open_now := await self._count_open()) > self._low:  # noqa: ASYNC110  the server cannot tell by itself
            await asyncio.sleep(LOOK_AGAIN)
        return open_now

    def let_in(self, count: int) -> None:
        """Say that ``count`` more are open now."""
        self._estimate = (self._estimate or 0) + count
