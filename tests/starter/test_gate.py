"""Reading stops at the high-water mark and goes on at the low one."""

import asyncio
from collections import deque

from starter.gate import Gate


class Engine:
    """Says how many are open: each answer once, the last one for ever."""

    def __init__(self, *answers: int) -> None:
        self.answers, self.asked = deque(answers), 0

    async def count_open(self) -> int:
        self.asked += 1
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]


async def test_there_is_room_up_to_the_high_mark() -> None:
    gate = Gate(Engine(30).count_open, high=100, low=50)

    assert await gate.room() == 70


async def test_the_engine_is_not_asked_while_there_is_room() -> None:
    engine = Engine(0)
    gate = Gate(engine.count_open, high=100, low=50)

    for _ in range(9):
        gate.let_in(min(10, await gate.room()))

    assert engine.asked == 1


async def test_at_the_high_mark_it_waits_for_the_low_one() -> None:
    engine = Engine(0, 80, 51, 50)
    gate = Gate(engine.count_open, high=100, low=50)
    await gate.room()
    gate.let_in(100)

    async with asyncio.timeout(5):
        room = await gate.room()

    assert (room, engine.asked) == (50, 4)


async def test_posts_that_ended_meanwhile_make_room_at_once() -> None:
    engine = Engine(0, 3)
    gate = Gate(engine.count_open, high=100, low=50)
    await gate.room()
    gate.let_in(100)

    assert await gate.room() == 97


async def test_a_full_engine_is_noticed_at_the_start() -> None:
    gate = Gate(Engine(500, 500, 10).count_open, high=100, low=50)

    async with asyncio.timeout(5):
        assert await gate.room() == 90
