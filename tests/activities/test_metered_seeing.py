"""Pictures in one request: who gathers, who goes alone, and who gets which error."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from activities import gathering
from activities.metered_seeing import MeteredVision
from activities.metering import Meter
from adapters.places import Places
from contracts.errors import (
    BrakedError,
    BusyError,
    PipelineError,
    RateLimitedError,
    RefusedError,
    RejectedError,
    UnansweredError,
    UnavailableError,
    UnusableAnswerError,
)
from contracts.identity import digest
from contracts.spending import Verdict
from contracts.stages import Stage
from contracts.vision import PictureFacts
from tests.activities.fake_models import FakeSight, FakeTill, a_brake
from tests.build import TENANT, an_asker
from tests.spent import a_policy

PRICED = a_policy(prices=[{"provider": "first", "input": 1, "output": 1}])


class Room:
    """Vision over a fake model; every request waits until the test lets it go on."""

    def __init__(self, most: int = 10) -> None:
        self.till, self.sight = FakeTill(), FakeSight(most=most)
        self.vision = MeteredVision(self.sight, Meter(self.till, PRICED, self.till.told.append))

    def look(self, body: bytes, *, attempt: int = 1, tenant: object = TENANT) -> "asyncio.Task[PictureFacts]":
        sha256 = digest(body.decode())
        asker = an_asker(Stage.VISION, attempt=attempt, tenant_id=tenant, sha256=sha256)
        return asyncio.create_task(self.vision.look(body, "image/png", asker))

    async def looks(self, *bodies: bytes) -> "list[asyncio.Task[PictureFacts]]":
        """Have the first asked, and the others gather."""
        tasks = [self.look(body) for body in bodies]
        await self.sight.arrived.wait()
        await still()
        return tasks

    def answer(self, requests: int = 100) -> None:
        """Let requests be answered, those to come too."""
        for _ in range(requests):
            self.sight.turns.release()

    @property
    def shown(self) -> list[str]:
        return [" ".join(body.decode() for body in bodies) for bodies in self.sight.requests]


async def still() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_the_first_goes_at_once_and_those_that_come_meanwhile_go_together() -> None:
    room = Room()
    tasks = await room.looks(b"a", b"b", b"c", b"d")
    alone = room.shown

    room.answer()
    facts = await asyncio.gather(*tasks)

    assert alone == ["a"]
    assert room.shown == ["a", "b c d"]
    assert [one.ocr.text for one in facts if one.ocr] == ["a", "b", "c", "d"]
    assert room.till.ends == ["settled", "settled settled settled"]


async def test_nobody_waits_for_others_to_come() -> None:
    room = Room()
    room.answer()

    for body in (b"a", b"b", b"c"):
        await room.look(body)

    assert room.shown == ["a", "b", "c"]


async def test_each_picture_has_its_portion_and_they_add_up() -> None:
    room = Room()
    tasks = await room.looks(b"a", b"b", b"c", b"d")
    room.answer()

    facts = await asyncio.gather(*tasks)

    # three pictures: 21 tokens in and 10 out
    assert [(one.tokens_used, one.cost_microunits) for one in facts] == [
        (11, 11),
        (11, 11),
        (10, 10),
        (10, 10),
    ]
    request_ids = {ended.id for ended in room.till.ended}
    assert len(request_ids) == 2
    assert [(told.input_tokens, told.output_tokens) for told in room.till.told] == [(7, 4), (21, 10)]


async def test_no_request_has_more_pictures_than_fit() -> None:
    room = Room(most=3)
    tasks = await room.looks(*(str(n).encode() for n in range(8)))
    room.answer()

    await asyncio.gather(*tasks)

    assert room.shown == ["0", "1 2 3", "4 5 6", "7"]


async def test_no_request_is_larger_than_it_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    assert gathering.LARGEST == 8_000_000
    monkeypatch.setattr(gathering, "LARGEST", 5)
    room = Room()
    tasks = await room.looks(b"a", b"bb", b"ccc", b"d", b"eeeeeee", b"f")
    room.answer()

    await asyncio.gather(*tasks)

    assert room.shown == ["a", "bb ccc", "d", "eeeeeee", "f"]


async def test_tenants_do_not_share_requests() -> None:
    room, other = Room(), uuid4()
    tasks = [room.look(b"a"), room.look(b"b", tenant=other), room.look(b"c"), room.look(b"d", tenant=other)]
    await still()
    room.answer()

    await asyncio.gather(*tasks)

    assert sorted(room.shown) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError("500"),
        UnansweredError("timeout"),
        RejectedError("413"),
        UnusableAnswerError("cannot be used"),
    ],
)
async def test_what_came_to_nothing_is_asked_alone_the_next_time(error: PipelineError) -> None:
    room = Room()
    room.sight.weather = [error]
    room.answer(1)
    with pytest.raises(type(error)):
        await room.look(b"c")

    tasks = [*await room.looks(b"a", b"b"), room.look(b"c", attempt=2)]
    await still()
    at_once = room.shown
    room.answer()
    await asyncio.gather(*tasks)

    assert at_once == ["c", "a", "c"]
    assert room.shown == ["c", "a", "c", "b"]


async def test_who_only_had_to_wait_still_goes_together() -> None:
    """Under load everybody waits for places and for 429s: that is when requests of ten are worth most."""
    room = Room()
    room.sight.weather = [RateLimitedError("429", timedelta(seconds=1))]
    room.answer(1)
    with pytest.raises(RateLimitedError):
        await room.look(b"c")
    room.sight.places = Places("eyes", at_a_time=1, patience=0.0)
    async with room.sight.place():
        with pytest.raises(BusyError):
            await room.look(b"c", attempt=2)
    room.sight.places = Places("eyes", at_a_time=10)

    tasks = [*await room.looks(b"a"), room.look(b"b", attempt=7), room.look(b"c", attempt=3)]
    await still()
    room.answer()
    await asyncio.gather(*tasks)

    assert room.shown == ["c", "a", "b c"]


async def test_a_probe_is_asked_alone_and_at_once() -> None:
    room = Room()
    tasks = await room.looks(b"a", b"b")
    room.till.probes = 1
    tasks.append(room.look(b"c"))
    await still()
    at_once = room.shown
    room.answer()

    await asyncio.gather(*tasks)

    assert at_once == ["a", "c"]
    assert [ended.probe is not None for ended in room.till.ended] == [False, True, False]


async def test_an_error_for_one_picture_reaches_only_its_caller() -> None:
    room = Room()
    room.sight.blind[b"b"] = RefusedError("not this one", "blacklist")
    tasks = await room.looks(b"a", b"b", b"c")
    room.answer()

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [PictureFacts, RefusedError, PictureFacts]
    assert room.till.ends == ["settled", "settled settled"], "it was answered, so it is paid for"


async def test_when_the_request_fails_everybody_gets_the_error_and_the_next_ones_go_on() -> None:
    room = Room(most=2)
    tasks = await room.looks(b"a", b"b", b"c", b"d")
    room.sight.weather = [UnavailableError("503"), UnavailableError("504")]
    room.answer()

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [str(outcome) for outcome in outcomes[:3]] == ["503", "504", "504"]
    assert isinstance(outcomes[3], PictureFacts)
    assert room.till.ends == ["released", "released released", "settled"]


async def test_what_refuses_several_together_is_held_against_none_of_them() -> None:
    """Nobody knows which picture it was: each is to be asked again, and then it is asked alone."""
    room = Room()
    tasks = await room.looks(b"a", b"b", b"c")
    alone = RefusedError("alone", "blacklist")
    room.sight.weather = [alone, RejectedError("413")]
    room.answer()

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert outcomes[0] is alone
    assert [type(outcome) for outcome in outcomes[1:]] == [UnavailableError, UnavailableError]
    assert all(ended.verdict == "neither" for ended in room.till.ended)


async def test_who_is_cancelled_before_it_is_sent_leaves_and_gives_back() -> None:
    room = Room()
    a, b, c = await room.looks(b"a", b"b", b"c")

    b.cancel()
    await still()
    room.answer()
    await asyncio.gather(a, c)

    assert b.cancelled()
    assert room.shown == ["a", "c"]
    assert sorted(room.till.ends) == ["released", "settled", "settled"]
    assert not room.till.reserved


async def test_who_is_cancelled_under_way_does_not_stop_the_others() -> None:
    room = Room()
    a, b, c = await room.looks(b"a", b"b", b"c")
    room.answer(1)
    await a
    await still()
    under_way = room.shown[-1]

    b.cancel()
    await still()
    room.answer()

    facts = await c
    assert under_way == "b c"
    assert b.cancelled()
    assert facts.ocr and facts.ocr.text == "c"
    assert room.till.ends == ["settled", "settled settled"], "what b took is known"


async def test_a_request_that_nobody_waits_for_any_more_is_broken_off() -> None:
    room = Room()
    a, b = await room.looks(b"a", b"b")

    a.cancel()
    with pytest.raises(asyncio.CancelledError):
        await a
    written_by_then = room.till.ends
    room.answer()
    await b

    assert written_by_then == ["lost"]
    assert room.shown == ["a", "b"]
    assert room.till.ends == ["lost", "settled"]


async def test_those_that_waited_are_not_sent_when_the_brake_went_on_meanwhile() -> None:
    room = Room()
    tasks = await room.looks(b"a", b"b", b"c")
    room.till.braked["first"] = a_brake()
    room.sight.weather = [UnavailableError("503")]
    room.answer()

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [UnavailableError, BrakedError, BrakedError]
    assert room.shown == ["a"]
    assert room.till.ends == ["released", "released released"]


async def test_who_waited_for_a_place_is_not_sent_when_the_brake_went_on_meanwhile() -> None:
    room = Room()
    room.sight.places = Places("eyes", at_a_time=1)
    async with room.sight.place():
        task = room.look(b"a")
        await still()
        room.till.braked["first"] = a_brake()

    with pytest.raises(BrakedError):
        await task
    assert (room.shown, room.till.ends, room.till.reserved) == ([], ["released"], {})


async def test_who_gets_no_place_keeps_nothing_reserved() -> None:
    room = Room()
    room.sight.places = Places("eyes", at_a_time=1, patience=0.0)
    async with room.sight.place():
        with pytest.raises(BusyError):
            await room.look(b"a")

    assert (room.shown, room.till.ends, room.till.reserved) == ([], ["released"], {})


async def test_a_probe_is_sent_although_the_brake_is_on() -> None:
    room = Room()
    room.till.probes = 1
    task = room.look(b"a")
    await asyncio.sleep(0)
    room.till.braked["first"] = a_brake()
    room.answer()

    assert (await task).tokens_used == 11


async def test_a_mistake_of_the_adapter_reaches_everybody_and_nothing_hangs() -> None:
    room = Room()
    tasks = await room.looks(b"a", b"b")
    room.sight.weather = [KeyError("choices"), KeyError("choices")]
    room.answer()

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [KeyError, KeyError]
    assert room.till.ends == ["lost", "lost"]
    assert (await room.look(b"c")).ocr


async def test_a_picture_without_an_answer_of_use_is_not_asked_about_for_ever() -> None:
    """Three answers are paid for, however many attempts lie between them in which nobody was asked."""
    room, kinds = Room(), []
    room.sight.blind = {b"a": UnusableAnswerError("cannot be used")}
    room.answer()

    for attempt in (3, 17, 40):
        with pytest.raises(PipelineError) as raised:
            await room.look(b"a", attempt=attempt)
        kinds.append(type(raised.value))

    assert kinds == [UnusableAnswerError, UnusableAnswerError, RefusedError]
    assert room.till.ends == ["settled"] * 3


async def test_what_one_picture_got_for_an_answer_is_in_the_ledger_with_it() -> None:
    room = Room()
    room.sight.blind = {b"c": UnusableAnswerError("cannot be used")}
    tasks = await room.looks(b"a", b"b", b"c")
    room.answer()

    await asyncio.gather(*tasks, return_exceptions=True)

    errors = [ending.error for ending in room.till.ended[1].endings]
    assert errors == [None, "UnusableAnswerError: cannot be used"]


# -- pictures that are not sent


async def test_a_picture_that_cannot_be_sent_costs_nothing_and_says_nothing_of_the_provider() -> None:
    room = Room()
    room.sight.broken = {b"a"}
    room.answer()

    with pytest.raises(RefusedError):
        await room.look(b"a")

    (ended,) = room.till.ended
    assert (room.till.ends, ended.id, ended.verdict) == (["released"], None, Verdict.NEITHER)
    assert not room.till.told, "no request was sent"


async def test_a_probe_that_cannot_be_sent_is_given_back() -> None:
    room = Room()
    room.sight.broken, room.till.probes = {b"a"}, 1
    room.answer()

    with pytest.raises(RefusedError):
        await room.look(b"a")

    (ended,) = room.till.ended
    assert (ended.probe, ended.verdict) == (ended.endings[0].share_id, Verdict.NEITHER)


async def test_a_picture_that_cannot_be_sent_bears_nothing_of_what_the_others_took() -> None:
    room = Room()
    room.sight.broken = {b"c"}
    tasks = await room.looks(b"a", b"b", b"c", b"d")
    room.answer()

    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [PictureFacts, PictureFacts, RefusedError, PictureFacts]
    assert room.till.ends == ["settled", "released", "settled settled"]
    # two pictures: 14 tokens in and 7 out
    assert [outcome.tokens_used for outcome in outcomes[1::2] if isinstance(outcome, PictureFacts)] == [
        11,
        10,
    ]
    assert [(told.calls, told.input_tokens) for told in room.till.told] == [(1, 7), (2, 14)]
