"""The pictures of one tenant: while a request of theirs is under way, the others gather for the next one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from contracts.errors import PipelineError, RejectedError, UnavailableError
from contracts.sight import RawPicture
from contracts.spending import Share
from contracts.vision import PictureFacts

#: Bytes of pictures in one request at most, which are in memory while the largest is decoded: ten as they are usual.
#: A picture that is larger goes alone.
LARGEST: Final = 8_000_000

Result = PictureFacts | PipelineError


def _a_result() -> "asyncio.Future[PictureFacts]":
    return asyncio.get_running_loop().create_future()


@dataclass(eq=False)
class Shown:
    """A picture that somebody waits for, with its reserved share."""

    share: Share
    picture: RawPicture
    result: "asyncio.Future[PictureFacts]" = field(default_factory=_a_result)


class Sender(Protocol):
    """Sends a request for some pictures, or gives their shares back."""

    async def see(self, shown: Sequence[Shown]) -> Sequence[Result]: ...

    async def leave(self, shown: Shown) -> None: ...


class Gathering:
    """One request at a time, of up to ``most`` pictures; nobody waits for others to come."""

    def __init__(self, sender: Sender, most: int) -> None:
        self._sender, self._most = sender, most
        self._waiting: list[Shown] = []
        self._asked: list[Shown] = []
        self._request: asyncio.Task[None] | None = None

    async def look(self, shown: Shown) -> PictureFacts:
        """Return what is seen. Who is cancelled leaves; the others do not notice."""
        self._waiting.append(shown)
        if self._request is None:
            self._send()
        try:
            return await shown.result
        except asyncio.CancelledError:
            await self._leave(shown)
            raise

    def _send(self) -> None:
        count = _fitting([len(one.picture.body) for one in self._waiting], self._most)
        self._asked, self._waiting = self._waiting[:count], self._waiting[count:]
        self._request = asyncio.create_task(self._run(self._asked)) if self._asked else None

    async def _run(self, asked: Sequence[Shown]) -> None:
        results: Sequence[PictureFacts | Exception]
        try:
            results = await self._sender.see(asked)
        except Exception as error:  # noqa: BLE001  whoever waits gets it
            results = [_alone_next(error, len(asked))] * len(asked)
        finally:
            self._send()
        for one, result in zip(asked, results, strict=True):
            _tell(one, result)

    async def _leave(self, shown: Shown) -> None:
        """Take a picture out of what waits. A request that nobody waits for any more is broken off."""
        if shown in self._waiting:
            self._waiting.remove(shown)
            await self._sender.leave(shown)
        elif self._request and shown in self._asked and all(one.result.done() for one in self._asked):
            request = self._request
            request.cancel()
            await asyncio.wait([request])


def _fitting(sizes: Sequence[int], most: int) -> int:
    """Return how many of the first pictures go in one request: at least one, if there is any."""
    count = total = 0
    for size in sizes[:most]:
        if count and total + size > LARGEST:
            break
        count, total = count + 1, total + size
    return count


def _alone_next(error: Exception, together: int) -> Exception:
    """Return the error that each gets: what refuses a whole request is about one picture, and nobody knows which."""
    if together == 1 or not isinstance(error, RejectedError):
        return error
    refused = UnavailableError(f"refused together with others, asked alone next: {error}")
    refused.__cause__ = error
    return refused


def _tell(one: Shown, result: PictureFacts | Exception) -> None:
    if one.result.done():  # whoever waited for it is gone
        return
    if isinstance(result, Exception):
        one.result.set_exception(result)
    else:
        one.result.set_result(result)
