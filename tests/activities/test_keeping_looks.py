"""What was answered about a picture is kept by whichever store takes it, and paid again only where neither did."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from temporalio.testing import ActivityEnvironment

from activities.looking import Eye, Looking
from activities.metered_seeing import MeteredVision
from activities.metering import Meter
from contracts.errors import PipelineError, RefusedError, RejectedError, UnavailableError
from contracts.post import MediaRequest, MediaSeen
from tests.activities.fake_models import FakeSight, FakeTill
from tests.build import TENANT, a_file
from tests.fake_archive import FakeLooks
from tests.fakes import FakeObjects
from tests.spent import a_policy

REQUEST = MediaRequest(tenant_id=TENANT, media=a_file(), vision_version="v1")
AWAY, FULL = UnavailableError("postgres: away"), UnavailableError("s3: no room")


class Room:
    """One picture, two stores, and a provider who wants to be paid."""

    def __init__(self) -> None:
        self.looks, self.objects = FakeLooks(), FakeObjects()
        self.sight, self.till = FakeSight(), FakeTill()
        for _ in range(10):
            self.sight.turns.release()

    async def look(self) -> MediaSeen:
        """Look in a process that knows nothing but what the stores know."""
        vision = MeteredVision(self.sight, Meter(self.till, a_policy(), self.till.told.append))
        looking = Looking(self.looks, self.objects)
        return await ActivityEnvironment().run(looking.seen, REQUEST, Eye(vision, "v1"))

    async def fails_with(self, *errors: PipelineError) -> None:
        for error in errors:
            with pytest.raises(type(error), match=str(error)):
                await self.look()

    @property
    def paid(self) -> list[str]:
        return self.till.ends

    @property
    def written(self) -> int:
        return len(self.objects.kept)


async def test_while_objects_cannot_be_written_nothing_is_asked_again() -> None:
    room = Room()
    room.objects.weather.always = FULL
    await room.fails_with(FULL, FULL, FULL)

    room.objects.weather.always = None
    seen = await room.look()

    assert seen.features_hash
    assert (room.paid, room.written) == (["settled"], 1)


async def test_an_object_that_was_written_late_is_not_written_again() -> None:
    room = Room()
    room.objects.weather.coming = [FULL]
    await room.fails_with(FULL)
    await room.look()

    room.objects.weather.always = FULL
    assert (await room.look()).features_hash


async def test_an_answer_that_cannot_be_remembered_is_kept_as_an_object() -> None:
    room = Room()
    room.looks.weather.coming = [AWAY, AWAY]
    await room.fails_with(AWAY, AWAY)

    assert (await room.look()).features_hash
    assert (room.paid, room.written) == (["settled"], 1)


async def test_what_neither_store_takes_is_paid_again_and_the_ledger_says_so() -> None:
    room = Room()
    room.looks.weather.coming, room.objects.weather.coming = [AWAY], [FULL]
    await room.fails_with(FULL)

    assert (await room.look()).features_hash
    assert (room.paid, room.written) == (["settled", "settled"], 1)


async def test_facts_that_no_row_can_hold_are_an_object_and_an_error() -> None:
    room = Room()
    room.looks.weather.always = RejectedError("no row holds it")
    await room.fails_with(*[RejectedError("no row holds it")] * 3)

    assert room.paid == ["settled"]


async def test_a_refusal_is_remembered_without_an_object() -> None:
    room = Room()
    room.sight.weather = [RefusedError("no", "blacklist")]

    seen = [await room.look() for _ in range(2)]

    assert [one.skipped for one in seen] == ["blacklist"] * 2
    assert (room.paid, room.written) == (["released"], 0)


# -- killed between any two statements: whoever comes next knows only what the stores know


@asynccontextmanager
async def killed_at(room: Room, statement: str) -> AsyncIterator[None]:
    """Have a look that never goes on from its ``statement``, and whose claim has ended."""
    store = room.objects if statement == "put" else room.looks
    right, waiting, buried = getattr(store, statement), asyncio.Event(), asyncio.Event()

    async def halt(*_: object) -> None:
        setattr(store, statement, right)
        waiting.set()
        await buried.wait()
        raise UnavailableError("killed")

    setattr(store, statement, halt)
    look = asyncio.create_task(room.look())
    await waiting.wait()
    room.looks.claims.clear()
    yield
    assert not look.done()
    buried.set()
    await asyncio.wait([look])
    assert look.exception()


@pytest.mark.parametrize(("statement", "paid"), [("remember", 2), ("put", 1), ("written", 1)])
async def test_who_is_killed_before_a_statement_leaves_what_was_done_before_it(
    statement: str, paid: int
) -> None:
    """Only between the answer and the first statement is it lost: the one honest exception."""
    room = Room()
    async with killed_at(room, statement):
        assert (await room.look()).features_hash
        assert (room.paid, room.written, room.looks.unwritten) == (["settled"] * paid, 1, set())


async def test_who_is_killed_while_the_archive_is_away_leaves_the_object() -> None:
    room = Room()
    room.looks.weather.coming = [AWAY]
    async with killed_at(room, "release"):
        assert (await room.look()).features_hash
        assert room.paid == ["settled"]


@pytest.mark.parametrize("statement", ["remember", "put", "written"])
async def test_who_is_cancelled_keeps_the_answer_first(statement: str) -> None:
    room = Room()
    store = room.objects if statement == "put" else room.looks
    right, waiting, goes_on = getattr(store, statement), asyncio.Event(), asyncio.Event()

    async def slow(*given: object) -> object:
        waiting.set()
        await goes_on.wait()
        return await right(*given)

    setattr(store, statement, slow)
    look = asyncio.create_task(room.look())
    await waiting.wait()
    look.cancel()
    await asyncio.sleep(0)
    goes_on.set()
    with pytest.raises(asyncio.CancelledError):
        await look

    assert (await room.look()).features_hash
    assert (room.paid, room.written) == (["settled"], 1)
