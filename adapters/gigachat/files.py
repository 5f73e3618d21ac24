"""Files at GigaChat: there while somebody asks about them, and not a moment longer."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import httpx
import structlog
from gigachat import GigaChat
from gigachat.exceptions import GigaChatException, NotFoundError, ResponseError
from gigachat.models import UploadedFile

from adapters.gigachat.account import Account
from adapters.gigachat.preparing import Prepared
from contracts.errors import RefusedError

log = structlog.get_logger(__name__)

#: Seconds for a sweep, for sending pictures, for letting go of all of them, and of one.
SWEEPING: Final = 5.0
SENDING: Final = 20.0
LETTING_GO: Final = 10.0
LETTING_ONE_GO: Final = 3.0
#: Our files are known by how their names begin.
OURS: Final = "postloom-"
#: Seconds after which nobody asks about a file any more, whoever sent it; seconds between two looks for such files.
LEFT_AFTER: Final = 900
SWEEP_EVERY: Final = 3600.0
_ABOUT_THE_FILE: Final = frozenset({400, 413, 415, 422})
_NOT_NOW: Final = (GigaChatException, httpx.HTTPError, ValueError, TypeError, LookupError, TimeoutError)


class Files:
    """Sends pictures and lets go of them; now and then, also of those that a process left there when it was killed."""

    def __init__(self, account: Account, clock: Callable[[], float] = time.time) -> None:
        self._account, self._clock, self._next_sweep = account, clock, 0.0

    @asynccontextmanager
    async def uploaded(self, pictures: Sequence[Prepared]) -> AsyncIterator[list[str | RefusedError]]:
        """Give the ids of the uploaded pictures, in their order, or why GigaChat does not take one of them.

        When the context ends, however it ends, the files are deleted; one that cannot be is told in the log.

        Raises:
            PipelineError: they could not be sent. No question was, so this costs nothing.
        """
        files: list[str | RefusedError] = []
        await self._sweep()
        try:
            async with self._account.asking(SENDING, is_paid=False) as sdk:
                for picture in pictures:
                    files.append(await _upload(sdk, picture))  # noqa: PERF401  what is there must go when one fails
            yield files
        finally:
            await _delete(self._account.sdk, [file for file in files if isinstance(file, str)])

    async def _sweep(self) -> None:
        """Delete files of ours that nobody can be asking about any more; what does not go now goes the next time."""
        now = self._clock()
        if now < self._next_sweep:
            return
        self._next_sweep = now + SWEEP_EVERY
        try:
            async with asyncio.timeout(SWEEPING):
                there = (await self._account.sdk.aget_files()).data
                await _delete(self._account.sdk, [file.id_ for file in there if _is_left(file, now)])
        except _NOT_NOW as error:
            log.warning("files at gigachat not swept", error=type(error).__name__)


def _is_left(file: UploadedFile, now: float) -> bool:
    return file.filename.startswith(OURS) and file.created_at < now - LEFT_AFTER


async def _upload(sdk: GigaChat, picture: Prepared) -> str | RefusedError:
    try:
        file = await sdk.aupload_file((f"{OURS}{picture.sha256[:16]}.jpg", picture.jpeg, "image/jpeg"))
    except ResponseError as error:
        if error.status_code not in _ABOUT_THE_FILE:
            raise
        return RefusedError(f"GigaChat does not take the picture: {error.status_code}", "refused_by_provider")
    return file.id_


async def _delete(sdk: GigaChat, files: Sequence[str]) -> None:
    """Delete as many as there is time for; one that cannot be deleted does not keep the others there."""
    left = list(files)
    with suppress(TimeoutError):
        async with asyncio.timeout(LETTING_GO):
            for file in files:
                if await _is_gone(sdk, file):
                    left.remove(file)
    if left:
        log.warning("files left at gigachat", files=left)


async def _is_gone(sdk: GigaChat, file: str) -> bool:
    try:
        async with asyncio.timeout(LETTING_ONE_GO):
            await sdk.adelete_file(file)
    except NotFoundError:
        return True
    except _NOT_NOW as error:
        log.warning("file not deleted at gigachat", file=file, error=type(error).__name__)
        return False
    return True
