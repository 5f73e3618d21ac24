"""Many small writes that arrive together become one: while a batch runs, the next one collects."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Batcher(Generic[T, R]):
    """Hands what is submitted at the same time to one call of ``run``.

    Nothing waits for company: an item that comes alone runs at once. ``run`` must be idempotent: a batch that
    fails for what may be an item's fault (``fault``) is run again item by item, so that one bad item fails alone.
    """

    def __init__(
        self,
        run: Callable[[list[T]], Awaitable[list[R]]],
        size: int = 100,
        fault: type[BaseException] = BaseException,
    ) -> None:
        self._run, self._size, self._fault = run, size, fault
        self._waiting: list[tuple[T, asyncio.Future[R]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def submit(self, item: T) -> R:
        """Return what ``run`` gave for ``item``.

        A caller that is cancelled before its batch began leaves no trace; later, its item is still written.

        Raises:
            BaseException: whatever ``run`` raised for this very item.
        """
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._worker is None:
            # Its own context: the batch belongs to all its callers, not to the log lines of the first.
            self._worker = asyncio.create_task(self._work(), context=Context())
        return await future

    async def close(self) -> None:
        """Return when everything submitted so far has an answer."""
        while self._worker is not None:
            await asyncio.wait([self._worker])

    async def _work(self) -> None:
        try:
            while batch := self._take():
                await self._settle(batch)
        finally:
            self._worker = None
            for _, future in self._waiting:
                future.cancel()
            self._waiting.clear()

    def _take(self) -> list[tuple[T, asyncio.Future[R]]]:
        wanted = [entry for entry in self._waiting if not entry[1].done()]
        self._waiting = wanted[self._size :]
        return wanted[: self._size]

    async def _settle(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        outcome = await self._outcome([item for item, _ in batch])
        if isinstance(outcome, list):
            for (_, future), result in zip(batch, outcome, strict=True):
                if not future.done():
                    future.set_result(result)
        elif len(batch) == 1 or not isinstance(outcome, self._fault):
            for _, future in batch:
                _fail(future, outcome)
        else:
            for entry in batch:
                if not entry[1].done():
                    await self._settle([entry])

    async def _outcome(self, items: list[T]) -> list[R] | BaseException:
        """Return the results, or the error: callers wait for an answer whatever goes wrong."""
        [outcome] = await asyncio.gather(self._checked(items), return_exceptions=True)
        return outcome

    async def _checked(self, items: list[T]) -> list[R]:
        results = await self._run(items)
        if len(results) != len(items):
            raise ValueError(f"a batch of {len(items)} items gave {len(results)} results")
        return results


def _fail(future: "asyncio.Future[R]", error: BaseException) -> None:
    if future.done():
        return
    if isinstance(error, asyncio.CancelledError):
        future.cancel()
    else:
        future.set_exception(error)
