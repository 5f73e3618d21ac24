"""What takes much memory is done one at a time, whoever asked and whoever gave up."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from threading import Lock
from typing import Any, NoReturn

import pytest

from adapters import local_vision
from adapters.gigachat import preparing
from contracts.errors import RefusedError
from contracts.sight import RawPicture
from contracts.stages import Stage
from tests.build import an_asker

Look = Callable[[], Coroutine[Any, Any, object]]


class Opening:
    """Stands where pictures are opened; each takes its time, and how many were open at once is counted."""

    def __init__(self) -> None:
        self.now = self.most = self.opened = 0
        self._counting = Lock()

    def __call__(self, *_: object) -> NoReturn:
        with self._counting:
            self.now, self.opened = self.now + 1, self.opened + 1
            self.most = max(self.most, self.now)
        time.sleep(0.1)
        with self._counting:
            self.now -= 1
        raise RefusedError("no picture", "broken_picture")


@pytest.fixture
def opening(monkeypatch: pytest.MonkeyPatch) -> Opening:
    counted = Opening()
    monkeypatch.setattr(preparing, "opened", counted)
    monkeypatch.setattr(local_vision, "opened", counted)
    return counted


def prepared() -> Look:
    ours = preparing.Preparing(1_000_000)
    return lambda: ours.prepared(RawPicture("0" * 64, b"x", "image/png"))


def measured() -> Look:
    ours = local_vision.LocalVision(1_000_000)
    return lambda: ours.look(b"x", "image/png", an_asker(Stage.VISION))


@pytest.mark.parametrize("looks", [[prepared()] * 4, [measured()] * 4], ids=["prepared", "measured"])
async def test_who_is_cancelled_lets_no_second_picture_be_decoded_meanwhile(
    opening: Opening, looks: list[Look]
) -> None:
    for look in looks:
        task = asyncio.create_task(look())
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.gather(looks[0](), return_exceptions=True)

    assert opening.most == 1


async def test_who_gives_up_before_its_turn_leaves_nothing_to_do(opening: Opening) -> None:
    first, second = asyncio.create_task(prepared()()), asyncio.create_task(prepared()())
    await asyncio.sleep(0.02)
    second.cancel()
    await asyncio.gather(first, second, prepared()(), return_exceptions=True)

    assert opening.opened == 2


async def test_both_ways_of_looking_share_one_turn(opening: Opening) -> None:
    await asyncio.gather(*(look()() for look in (prepared, measured) * 3), return_exceptions=True)

    assert (opening.opened, opening.most) == (6, 1)
