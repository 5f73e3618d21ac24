"""Natural batching: together when it is busy, at once when it is not."""

import asyncio

import pytest

from adapters.batching import Batcher
from contracts.errors import RejectedError, UnavailableError


class Writer:
    """Doubles numbers; holds until it is let go; refuses what is negative."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, items: list[int]) -> list[int]:
        self.batches.append(items)
        await self.go.wait()
        if min(items) < 0:
            raise RejectedError("negative")
        return [2 * item for item in items]


class Away:
    """A store that does not answer."""

    def __init__(self) -> None:
        self.asked = 0

    async def __call__(self, items: list[int]) -> list[int]:
        self.asked += 1
        await asyncio.sleep(0)
        raise UnavailableError("away")


async def test_a_store_that_is_away_is_asked_once_for_a_whole_batch() -> None:
    away = Away()
    batcher = Batcher(away, fault=RejectedError)

    answers = await asyncio.gather(*(batcher.submit(n) for n in range(50)), return_exceptions=True)

    assert {type(answer) for answer in answers} == {UnavailableError}
    assert away.asked == 1


async def test_an_item_that_comes_alone_runs_at_once() -> None:
    writer = Writer()
    batcher = Batcher(writer)

    assert await batcher.submit(1) == 2
    assert await batcher.submit(2) == 4

    assert writer.batches == [[1], [2]]


async def test_what_comes_while_a_batch_runs_is_the_next_batch() -> None:
    writer = Writer()
    writer.go.clear()
    batcher = Batcher(writer, size=3)
    first = asyncio.create_task(batcher.submit(0))
    await _turns()

    others = [asyncio.create_task(batcher.submit(number)) for number in range(1, 6)]
    await _turns()
    writer.go.set()

    assert await asyncio.gather(first, *others) == [0, 2, 4, 6, 8, 10]
    assert writer.batches == [[0], [1, 2, 3], [4, 5]]


async def test_a_bad_item_fails_alone() -> None:
    batcher = Batcher(Writer())

    results = await asyncio.gather(*(batcher.submit(n) for n in (1, -2, 3)), return_exceptions=True)

    assert results[0] == 2 and results[2] == 6
    assert isinstance(results[1], RejectedError)


async def test_the_next_batch_works_after_a_failed_one() -> None:
    batcher = Batcher(Writer())

    with pytest.raises(RejectedError):
        await batcher.submit(-1)

    assert await batcher.submit(1) == 2


async def test_a_cancelled_caller_leaves_no_trace_and_hurts_nobody() -> None:
    writer = Writer()
    writer.go.clear()
    batcher = Batcher(writer)
    running = asyncio.create_task(batcher.submit(1))
    await _turns()
    waiting, cancelled = (asyncio.create_task(batcher.submit(n)) for n in (2, 3))
    await _turns()

    cancelled.cancel()
    running.cancel()
    await _turns()
    writer.go.set()

    assert await waiting == 4
    assert writer.batches == [[1], [2]]
    assert cancelled.cancelled() and running.cancelled()


async def test_a_run_that_forgets_an_item_is_an_error_for_the_callers() -> None:
    async def forgetful(_: list[int]) -> list[int]:
        return []

    with pytest.raises(ValueError, match="gave 0 results"):
        await Batcher(forgetful).submit(1)


async def test_closing_waits_for_what_was_submitted() -> None:
    writer = Writer()
    batcher = Batcher(writer)
    tasks = [asyncio.create_task(batcher.submit(n)) for n in range(3)]
    await _turns()

    await batcher.close()

    assert [task.done() or await task is not None for task in tasks] == [True] * 3
    assert writer.batches == [[0, 1, 2]]


async def _turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)
