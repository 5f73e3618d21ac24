"""Channel pictures to workflows: one is marked as handed over only when Temporal has accepted it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Protocol

import structlog
from temporalio.client import Client
from temporalio.service import RPCError

from adapters.postgres.channel_photos import WaitingPhoto
from contracts.channel_photo import ChannelPhotoInput
from contracts.errors import UnavailableError
from runtime import metrics
from workflows.starting import start_channel_photo
from workflows.telling import RaceError

#: How many are handed over at a time; seconds between two looks, and between two tries at what does not answer.
BATCH: Final = 50
IDLE: Final = 1.0
OUTAGE: Final = 1.0

log = structlog.get_logger(__name__)

Start = Callable[[ChannelPhotoInput], Awaitable[None]]


class ChannelPhotos(Protocol):
    """Where channel pictures wait."""

    async def waiting(self, limit: int) -> Sequence[WaitingPhoto]: ...

    async def handed_over(self, waiting: WaitingPhoto) -> None: ...


class ChannelPhotoStarter:
    """Hands channel pictures over. Several may run: one that was handed over twice is one workflow."""

    def __init__(self, photos: ChannelPhotos, start: Start, idle: float = IDLE) -> None:
        self._photos, self._start, self._idle = photos, start, idle

    async def run(self) -> None:
        """Hand over until cancelled; a store or a server that does not answer is waited for."""
        while True:
            try:
                await self.drain()
            except (UnavailableError, RPCError, RaceError) as error:
                log.warning("channel pictures wait", error=type(error).__name__)
                await asyncio.sleep(OUTAGE)
            else:
                await asyncio.sleep(self._idle)

    async def drain(self) -> int:
        """Hand over what waits; return how many that were.

        Raises:
            UnavailableError: the archive did not answer.
            RPCError: the engine did not answer; what it had accepted before is marked.
            RaceError: a workflow closed and opened again and again.
        """
        total = 0
        while waiting := await self._photos.waiting(BATCH):
            for photo in waiting:
                await self._start(photo.photo)
                await self._photos.handed_over(photo)
            total += len(waiting)
        return total


def photo_handler(client: Client) -> Start:
    """Return what is done with a channel picture."""

    async def start(photo: ChannelPhotoInput) -> None:
        began = await start_channel_photo(client, photo)
        metrics.STARTED.labels("channel photo started" if began else "channel photo signalled").inc()

    return start
