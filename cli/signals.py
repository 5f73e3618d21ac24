"""Ctrl-C and SIGTERM: the first one asks, the second one ends at once."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import Any

from cli.screen import note


def until_signalled(work: Coroutine[Any, Any, int], stopped: int = 0) -> int:
    """Run ``work`` to its end or until a signal; return its exit status, ``stopped`` when it was asked to stop."""
    return asyncio.run(_until_signalled(work, stopped))


async def _until_signalled(work: Coroutine[Any, Any, int], stopped: int) -> int:
    task = asyncio.create_task(work)
    asked = 0

    def stop() -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            os._exit(1)
        note(
            "\nStopping. Work that is under way is finished or goes on at the next start. (Again: stop at once.)"
        )
        task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        return await task
    except asyncio.CancelledError:
        if not asked:
            raise
        return stopped
