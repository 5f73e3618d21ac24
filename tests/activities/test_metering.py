"""Around a question: reserved before, written down after, whatever becomes of it."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from activities.metered_tagging import MeteredTagger
from activities.metering import Meter
from adapters.places import Places
from contracts.asking import TagAnswer, Usage
from contracts.errors import (
    BrakedError,
    BudgetExhaustedError,
    PipelineError,
    RateLimitedError,
    RefusedError,
    RejectedError,
    UnansweredError,
    UnavailableError,
    UnusableAnswerError,
)
from contracts.spending import CallsEnded, ShareState, Verdict
from contracts.stages import Stage
from domain.calls import NOT_COUNTED
from tests.activities.fake_models import FakeTill, FakeWords, a_brake
from tests.build import LONG, an_asker
from tests.spent import a_policy

PRICED = a_policy(prices=[{"provider": "first", "model": "words", "input": 100, "output": 200}])


def a_tagger(till: FakeTill, *models: FakeWords, patience: float = 5.0) -> MeteredTagger:
    return MeteredTagger(models, Meter(till, PRICED, till.told.append, patience))


def counted(error: UnavailableError) -> UnavailableError:
    """The error of an answer that was paid for."""
    error.usage = Usage(input_tokens=8)
    return error


async def settled(times: int = 20) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def test_what_may_be_taken_is_reserved_and_what_was_taken_is_settled() -> None:
    till, model = FakeTill(), FakeWords()
    model.gate.clear()
    asking = asyncio.create_task(a_tagger(till, model).tags_for("x" * 50, an_asker(post_id=UUID(int=5))))
    await settled()
    wish = next(iter(till.reserved.values()))
    model.gate.set()

    answer = await asking

    assert (wish.estimate.total_tokens, wish.cost_microunits) == (150, 50 * 100 + 100 * 200)
    assert (wish.asker.post_id, wish.provider, wish.model) == (UUID(int=5), "first", "words-1")
    ended = till.ended[0]
    assert ended.endings[0].usage == Usage(input_tokens=8, output_tokens=2)
    assert ended.endings[0].cost_microunits == 8 * 100 + 2 * 200
    assert (ended.verdict, ended.model_answered, ended.error) == (Verdict.ANSWERED, "words-1:7", None)
    assert (answer.tags, till.reserved) == (("трамвай",), {})
    assert till.told == [
        CallsEnded(
            provider="first", stage="tags", outcome=ShareState.SETTLED, calls=1, input_tokens=8, output_tokens=2,
            cost_microunits=1200,
        )
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("error", "state", "verdict"),
    [
        (UnavailableError("connect"), "released", Verdict.FAILED),
        (UnansweredError("timeout"), "lost", Verdict.FAILED),
        (RejectedError("404"), "released", Verdict.NEITHER),
        (RefusedError("no", "blacklist", Usage(input_tokens=8)), "settled", Verdict.NEITHER),
        (counted(UnavailableError("an answer of no use")), "settled", Verdict.NEITHER),
        (KeyError("a mistake of ours"), "lost", Verdict.NEITHER),
    ],
)
async def test_a_call_that_fails_ends_as_what_it_may_have_cost(
    error: Exception, state: str, verdict: Verdict
) -> None:
    till, model = FakeTill(), FakeWords(weather=[error])

    with pytest.raises(type(error)):
        await a_tagger(till, model).tags_for(LONG, an_asker())

    assert (till.ends, till.ended[0].verdict, till.reserved) == ([state], verdict, {})
    assert str(till.ended[0].error).startswith(type(error).__name__)


async def test_a_call_that_is_cancelled_may_have_cost_what_was_reserved() -> None:
    till, model = FakeTill(), FakeWords()
    model.gate.clear()
    asking = asyncio.create_task(a_tagger(till, model).tags_for(LONG, an_asker()))
    await settled()

    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert till.ends == ["lost"]
    assert till.ended[0].verdict is Verdict.NEITHER


async def test_who_is_cancelled_while_the_till_reserves_gives_back() -> None:
    till, model = FakeTill(), FakeWords()
    till.gate.clear()
    asking = asyncio.create_task(a_tagger(till, model).tags_for(LONG, an_asker()))
    await settled()
    asking.cancel()
    await settled()

    till.gate.set()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (till.ends, till.ended[0].id, till.reserved, model.asked) == (["released"], None, {}, [])
    assert not till.told, "nothing was sent"


async def test_who_is_cancelled_while_the_answer_is_written_down_waits_for_it() -> None:
    till, model = FakeTill(), FakeWords()
    model.gate.clear()
    asking = asyncio.create_task(a_tagger(till, model).tags_for(LONG, an_asker()))
    await settled()
    till.gate.clear()
    model.gate.set()
    await settled()
    asking.cancel()
    await settled()
    still_writing = not asking.done()

    till.gate.set()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert still_writing
    assert till.ends == ["settled"]


async def test_an_answer_is_not_thrown_away_because_the_archive_is_out() -> None:
    till = FakeTill(broken=UnavailableError("postgres"))

    answer = await a_tagger(till, FakeWords(), patience=0.05).tags_for(LONG, an_asker())

    assert answer.tags
    assert len(till.reserved) == 1, "it is lost by itself when its time is over"


async def test_an_end_is_written_down_although_the_archive_blinked() -> None:
    till = FakeTill(blinks=[UnavailableError("postgres")] * 2)

    await a_tagger(till, FakeWords()).tags_for(LONG, an_asker())

    assert (till.ends, till.reserved, len(till.told)) == (["settled"], {}, 1)


async def test_an_end_that_can_never_be_written_down_is_not_tried_again() -> None:
    till = FakeTill(blinks=[RejectedError("no row holds it")])

    assert (await a_tagger(till, FakeWords()).tags_for(LONG, an_asker())).tags

    assert (till.ends, len(till.reserved)) == ([], 1)


async def test_who_is_braked_makes_room_for_the_next() -> None:
    till, first, second = FakeTill(braked={"first": a_brake()}), FakeWords(), FakeWords(provider="second")
    tagger = a_tagger(till, first, second)

    answer = await tagger.tags_for(LONG, an_asker())

    assert (answer.provider, first.asked) == ("second", [])
    assert (tagger.provider, tagger.model, tagger.version) == ("first", "words-1", "1")


async def test_who_waits_for_a_place_has_nothing_reserved_and_hears_of_the_brake_then() -> None:
    till, model = FakeTill(), FakeWords(places=Places("words", at_a_time=1))
    model.gate.clear()
    tagger = a_tagger(till, model)
    asking = [asyncio.create_task(tagger.tags_for(LONG, an_asker())) for _ in range(3)]
    await settled()
    reserved = len(till.reserved)

    till.braked["first"] = a_brake()
    model.gate.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)

    assert reserved == 1
    assert [type(answer) for answer in answers] == [TagAnswer, BrakedError, BrakedError]
    assert (len(model.asked), till.ends) == (1, ["settled"])


async def test_when_all_are_braked_the_soonest_is_waited_for() -> None:
    till = FakeTill(braked={"first": a_brake(90), "second": a_brake(20), "third": a_brake(60)})
    models = [FakeWords(provider=name) for name in ("first", "second", "third")]

    with pytest.raises(BrakedError) as braked:
        await a_tagger(till, *models).tags_for(LONG, an_asker())

    assert braked.value is till.braked["second"]


async def test_of_braked_models_one_that_needs_no_human_is_waited_for_if_there_is_one() -> None:
    for_a_human = BrakedError("401, three times", timedelta(seconds=1), None)
    till = FakeTill(braked={"first": for_a_human, "second": a_brake(90)})
    models = [FakeWords(provider=name) for name in ("first", "second")]

    for asked, awaited in ((models, "second"), (models[:1], "first")):
        with pytest.raises(BrakedError) as braked:
            await a_tagger(till, *asked).tags_for(LONG, an_asker())
        assert braked.value is till.braked[awaited]


@pytest.mark.parametrize(
    "error", [RefusedError("no", "blacklist"), UnavailableError("503"), RejectedError("404")]
)
async def test_what_one_model_refuses_or_fails_at_is_not_asked_of_the_next(error: PipelineError) -> None:
    till, second = FakeTill(), FakeWords(provider="second")

    with pytest.raises(type(error)):
        await a_tagger(till, FakeWords(weather=[error]), second).tags_for(LONG, an_asker())

    assert second.asked == []


async def test_a_spent_budget_asks_nobody() -> None:
    till, models = (
        FakeTill(spent=BudgetExhaustedError("spent", None)),
        [FakeWords(), FakeWords(provider="second")],
    )

    with pytest.raises(BudgetExhaustedError):
        await a_tagger(till, *models).tags_for(LONG, an_asker(Stage.TAGS))

    assert not models[0].asked and not models[1].asked


async def test_an_answer_of_no_use_is_paid_for_and_not_bought_for_ever() -> None:
    """Attempts in which nobody was asked, or nobody answered, are no answers of no use."""
    till, used = FakeTill(), Usage(input_tokens=8, output_tokens=2)
    waits = [RateLimitedError("429", timedelta(seconds=1)), UnavailableError("503")]
    useless = [UnusableAnswerError("no tags in it", used) for _ in range(3)]
    model, raised = FakeWords(weather=[*waits, *useless]), []

    for attempt in range(1, 6):
        with pytest.raises(PipelineError) as error:
            await a_tagger(till, model).tags_for(LONG, an_asker(attempt=attempt, post_id=UUID(int=5)))
        raised.append(error.value)

    assert [type(error) for error in raised[2:]] == [UnusableAnswerError, UnusableAnswerError, RefusedError]
    assert getattr(raised[-1], "reason", None) == "unusable_answer"
    assert till.ended[-1].endings[0].usage == used
    assert till.ended[-1].verdict is Verdict.NEITHER


async def test_another_post_has_its_own_answers_of_no_use() -> None:
    till, model = FakeTill(), FakeWords(weather=[UnusableAnswerError("no tags in it") for _ in range(3)])

    for post in range(3):
        with pytest.raises(UnusableAnswerError):
            await a_tagger(till, model).tags_for(LONG, an_asker(attempt=9, post_id=UUID(int=post)))


async def test_what_the_provider_did_not_count_is_said_to_be_an_estimate() -> None:
    till, guess = FakeTill(), Usage(input_tokens=50, output_tokens=100, is_estimate=True)
    model = FakeWords(usage=guess)

    await a_tagger(till, model).tags_for(LONG, an_asker())

    (ending,) = till.ended[0].endings
    assert (ending.state, ending.usage, ending.error) == (ShareState.SETTLED, guess, NOT_COUNTED)
