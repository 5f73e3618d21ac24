"""Ways of asking: what a service may refuse is left out, and not asked for again."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

log = structlog.get_logger(__name__)

M = TypeVar("M")
A = TypeVar("A")


class Manners(Generic[M]):
    """The wanted manner of asking, then plainer ones; the first that is not refused is kept to."""

    def __init__(self, service: str, manners: Sequence[M], refusal: type[Exception]) -> None:
        self._service, self._manners, self._refusal = service, tuple(manners), refusal
        self._kept = 0

    async def ask(self, ask: Callable[[M], Awaitable[A]]) -> A:
        """Return what ``ask`` gave in the first manner that is not refused. A refusal is answered at once, and free.

        Raises:
            Exception: the plainest manner is refused too, or whatever else ``ask`` raises.
        """
        for place in range(self._kept, len(self._manners) - 1):
            try:
                answer = await ask(self._manners[place])
            except self._refusal as error:
                log.info(
                    "manner of asking refused", service=self._service, place=place, error=type(error).__name__
                )
            else:
                self._kept = place
                return answer
        answer = await ask(self._manners[-1])
        self._kept = len(self._manners) - 1
        return answer
