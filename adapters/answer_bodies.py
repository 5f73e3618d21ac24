"""Bodies of answers of somebody else's services: taken as they come over the wire, and no more than is allowed."""

from collections.abc import AsyncIterator
from typing import Final, cast

import httpx

#: What a client sends so that nobody has a reason to pack an answer.
UNPACKED: Final = {"Accept-Encoding": "identity"}


class BodyError(httpx.DecodingError):
    """An answer whose body is not taken; says why."""


def bound(client: httpx.AsyncClient, most: int) -> None:
    """Let ``client`` take answers of at most so many bytes, and none that is packed: that one may be of any size.

    Asking raises BodyError then. Of a refusal the beginning is taken, of a packed one nothing: its status is enough.
    """

    async def take(answer: httpx.Response) -> None:
        packed = is_packed(answer)
        if packed and answer.is_success:
            raise BodyError("something packed, which nobody asked for", request=answer.request)
        if packed:
            del answer.headers["content-encoding"]
        answer.stream = _Bounded(answer, 0 if packed else most)

    client.headers.update(UNPACKED)
    client.event_hooks = {"response": [take]}


def is_packed(answer: httpx.Response) -> bool:
    """Whether the body is another one than what came over the wire."""
    return answer.headers.get("content-encoding", "").strip().lower() not in {"", "identity"}


class _Bounded(httpx.AsyncByteStream):
    """The body of an answer up to a bound; what is longer is an error in an answer, and cut off in a refusal."""

    def __init__(self, answer: httpx.Response, most: int) -> None:
        self._answer, self._most = answer, most
        self._stream = cast(httpx.AsyncByteStream, answer.stream)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._most
        async for piece in self._stream:
            if len(piece) > left:
                if self._answer.is_success:
                    raise BodyError(f"more than {self._most} bytes", request=self._answer.request)
                yield piece[:left]
                return
            left -= len(piece)
            yield piece

    async def aclose(self) -> None:
        await self._stream.aclose()
