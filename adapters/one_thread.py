"""Heavy work, one piece at a time in the whole process."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

R = TypeVar("R")


class OneThread:
    """A thread of its own: what is begun ends before the next begins, even where nobody waits for it any more.

    So the most memory that the work takes is that of one piece; a lock around ``asyncio.to_thread`` is let go by
    whoever is cancelled, and the thread goes on.
    """

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def do(self, work: Callable[[], R]) -> R:
        """Return what ``work`` returns, or raise what it raises; work that has not begun goes with its caller."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


#: Pictures of strangers are decoded here, whoever looks at them.
DECODING: Final = OneThread("decoding")
