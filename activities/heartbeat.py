"""Saying that a long attempt is alive."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from temporalio import activity

#: Seconds between two signs of life; a policy's heartbeat timeout is a few of them.
EVERY: Final = 4.0


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Send a heartbeat now and every few seconds while the context is open."""
    activity.heartbeat()
    beats = asyncio.create_task(_beat(), name="heartbeat")
    try:
        yield
    finally:
        beats.cancel()


async def _beat() -> None:
    while True:
        await asyncio.sleep(EVERY)
        activity.heartbeat()
