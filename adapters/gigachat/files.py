"""Files at GigaChat: there while somebody asks about them, and not a moment longer."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx
import structlog
from gigachat import GigaChat
from gigachat.exceptions import GigaChatException, ResponseError

from adapters.gigachat.preparing import Prepared
from contracts.errors import RefusedError

log = structlog.get_logger(__name__)

#: Seconds for letting go of all of them.
LETTING_GO: Final = 10.0
_ABOUT_THE_FILE: Final = frozenset({400, 413, 415, 422})


@asynccontextmanager
async def uploaded(sdk: GigaChat, pictures: Sequence[Prepared]) -> AsyncIterator[list[str | RefusedError]]:
    """Give the ids of the uploaded pictures, in their order, or why GigaChat does not take one of them.

    When the context ends, however it ends, the files are deleted; one that cannot be is told in the log.
    """
    files: list[str | RefusedError] = []
    try:
        for picture in pictures:
            files.append(await _upload(sdk, picture))  # noqa: PERF401  what is there already must go when one fails
        yield files
    finally:
        await _delete(sdk, [file for file in files if isinstance(file, str)])


async def _upload(sdk: GigaChat, picture: Prepared) -> str | RefusedError:
    try:
        file = await sdk.aupload_file((f"{picture.sha256[:16]}.jpg", picture.jpeg, "image/jpeg"))
    except ResponseError as error:
        if error.status_code not in _ABOUT_THE_FILE:
            raise
        return RefusedError(f"GigaChat does not take the picture: {error.status_code}", "refused_by_provider")
    return file.id_


async def _delete(sdk: GigaChat, files: Sequence[str]) -> None:
    left = list(files)
    try:
        async with asyncio.timeout(LETTING_GO):
            while left:
                await sdk.adelete_file(left[0])
                left.pop(0)
    except (GigaChatException, httpx.HTTPError, ValueError, TimeoutError) as error:
        log.warning("files left at gigachat", files=left, error=type(error).__name__)
