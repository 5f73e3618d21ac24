"""So many requests at a time, and no more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from contracts.errors import BusyError

#: Seconds that a call waits for a place; then Temporal waits, which costs no worker.
PATIENCE: Final = 20.0
_SOON: Final = timedelta(seconds=5)


class Places:
    """Lets ``at_a_time`` callers through; the others wait, but not for ever."""

    def __init__(self, service: str, at_a_time: int, patience: float = PATIENCE) -> None:
        self._service, self._patience = service, patience
        self._free = asyncio.Semaphore(at_a_time)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Let the caller through while the context is open.

        Raises:
            BusyError: there was no place for as long as anybody should wait here.
        """
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError as error:
            raise BusyError(f"as much is asked of {self._service} at a time as may be", _SOON) from error
        try:
            yield
        finally:
            self._free.release()
