"""What waits for a known moment goes on by itself: no letter, one park, no end, and a human whenever one decides."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from contracts.errors import (
    BrakedError,
    BudgetExhaustedError,
    PipelineError,
    RateLimitedError,
    RejectedError,
    UnansweredError,
    UnavailableError,
)
from contracts.parking import BY_ITSELF, Parked
from contracts.post import Decision, PostInput
from contracts.stages import Stage
from tests.build import LONG, a_post, an_edit
from tests.workflows.branches import Handle
from tests.workflows.town import Town, parked, until, within
from workflows.attributes import DEFERRED, NEEDS_HUMAN, STATE, STUCK_REASON
from workflows.post import PostWorkflow

pytestmark = pytest.mark.services

BROKEN = RejectedError("the index refuses this point")


def spent(seconds: float = 0.0) -> BudgetExhaustedError:
    """A budget that begins anew so many seconds from now."""
    return BudgetExhaustedError(
        "the budget of the day is spent", datetime.now(UTC) + timedelta(seconds=seconds)
    )


def tomorrow() -> BudgetExhaustedError:
    return spent(5 * 3600)


async def a_post_with_a_picture(town: Town, error: Exception, **values: float) -> Handle:
    town.world.attach(town.ref(), town.file(), words="афиша концерта")
    town.world.eyes.weather.always = error  # type: ignore[assignment]  # of ours
    return await town.start(a_post(town.ref(), text=LONG, **values))


async def recorded(town: Town, count: int = 1) -> list[Parked]:
    """Wait until so many parks are on record; return them."""

    async def are() -> bool:
        return len(town.world.parks.parks) >= count

    await until(are)
    return list(town.world.parks.parks.values())


async def tried(town: Town, times: int) -> None:
    """Wait until the post was tried again so often, in vain."""

    async def often_enough() -> bool:
        return town.world.parks.tries.total() >= times

    await until(often_enough)


def letters(town: Town) -> list[str]:
    return [stream for stream, _ in town.world.log.entries if stream.endswith(":dlq")]


async def shown(handle: Handle) -> tuple[str | None, str | None]:
    attributes = (await handle.describe()).typed_search_attributes
    return attributes.get(STATE), attributes.get(STUCK_REASON)


async def timers(handle: Handle) -> list[str]:
    """What the timers of a history say of themselves."""
    events = (await handle.fetch_history()).events
    return [
        e.user_metadata.summary.data.decode()
        for e in events
        if e.event_type == EventType.EVENT_TYPE_TIMER_STARTED
    ]


async def test_a_post_whose_budget_is_spent_is_found_without_it_and_says_when_it_goes_on(town: Town) -> None:
    handle = await a_post_with_a_picture(town, tomorrow())

    problems = await parked(handle, DEFERRED)

    details = (await handle.query("__temporal_workflow_metadata")).current_details
    assert await shown(handle) == (DEFERRED, "vision:BudgetExhaustedError")
    assert details.startswith("Send update or signal `resolve`")
    assert "goes on by itself at" in details
    assert "UTC (in 4 h 59 min)" in details or "UTC (in 5 h 0 min)" in details
    assert datetime.fromisoformat(problems[0]["goes_on_at"]) > datetime.now(UTC)
    assert "posts:indexed" in town.streams()
    assert await timers(handle) == ['"goes on by itself: vision:BudgetExhaustedError"']


async def test_a_wait_is_on_record_and_has_no_dead_letter(town: Town) -> None:
    handle = await a_post_with_a_picture(town, tomorrow())
    await parked(handle, DEFERRED)

    (park,) = await recorded(town)
    assert (park.is_deferred, park.goes_on_at, park.until) == (True, park.until, park.goes_on_at)
    assert "dlq.message" not in {event.event_type for event in town.world.archive.committed()}
    assert letters(town) == []


async def test_it_goes_on_by_itself_and_completes_the_post(town: Town) -> None:
    handle = await a_post_with_a_picture(town, spent(0.5))
    await parked(handle, DEFERRED)

    town.world.eyes.weather.always = None
    result = await within(town.wait(handle))

    (ended,) = town.world.parks.ended.values()
    assert result.state == "indexed"
    assert (ended.decision, ended.woken_by) == (None, BY_ITSELF)
    assert await shown(handle) == ("indexed", None)
    assert "афиша концерта" in town.world.embedder.texts[-1]
    assert town.streams().count("posts:indexed") == 2
    assert town.streams().count("posts:enriched") == 2


async def test_while_it_waits_and_tries_it_is_one_park_that_never_lasts_too_long(town: Town) -> None:
    handle = await a_post_with_a_picture(town, spent(), park_seconds=0.1)

    await tried(town, 3)

    (park,) = town.world.parks.parks.values()
    assert await shown(handle) == (DEFERRED, "vision:BudgetExhaustedError")
    assert (park.number, town.world.parks.ended) == (1, {})
    assert town.streams().count("posts:indexed") == 1


async def a_post_that_is_being_tried(town: Town) -> Handle:
    """A deferred post whose picture is looked at again, until the test opens the gate of the eyes."""
    handle = await a_post_with_a_picture(town, spent())
    await parked(handle, DEFERRED)
    asked = town.world.eyes.asked
    town.world.eyes.gate.clear()

    async def looks() -> bool:
        return town.world.eyes.asked > asked

    await until(looks)
    return handle


async def test_while_it_is_tried_lists_go_on_to_say_that_it_waits(town: Town) -> None:
    handle = await a_post_that_is_being_tried(town)

    assert await shown(handle) == (DEFERRED, "vision:BudgetExhaustedError")
    assert (await handle.query("status"))["problems"]
    town.world.eyes.gate.set()


async def test_between_two_tries_it_rests_although_the_moment_is_past(town: Town) -> None:
    town.world.attach(town.ref(), town.file())
    town.world.eyes.weather.always = spent(-60)
    handle = await town.start(a_post(town.ref()).model_copy(update={"rest_seconds": 60.0}))
    await parked(handle, DEFERRED)

    async def waits() -> bool:
        return bool(await timers(handle))

    await until(waits)
    events = (await handle.fetch_history()).events
    (timer,) = [e for e in events if e.event_type == EventType.EVENT_TYPE_TIMER_STARTED]
    assert timer.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta() > timedelta(seconds=40)


async def test_a_provider_whose_brake_is_on_is_left_alone_and_then_tried(town: Town) -> None:
    now = datetime.now(UTC)
    handle = await a_post_with_a_picture(town, BrakedError("no answer, five times", timedelta(hours=1), now))
    await parked(handle, DEFERRED)
    town.world.eyes.weather.always = None

    assert (await within(town.wait(handle))).state == "indexed"
    (ended,) = town.world.parks.ended.values()
    assert (ended.parked.problems[0].reason, ended.woken_by) == ("vision:BrakedError", BY_ITSELF)


async def test_a_provider_that_says_wait_for_longer_than_it_is_tried_is_waited_for_as_told(
    town: Town,
) -> None:
    town.world.tagger.weather.always = RateLimitedError("too often", timedelta(minutes=45))
    handle = await town.start(a_post(town.ref(), text=LONG))

    (problem,) = await parked(handle, DEFERRED)

    goes_on_at = datetime.fromisoformat(problem["goes_on_at"])
    assert await shown(handle) == (DEFERRED, "tags:RateLimitedError")
    assert timedelta(minutes=44) < goes_on_at - datetime.now(UTC) <= timedelta(minutes=45)


@pytest.mark.parametrize(
    "error",
    [
        RateLimitedError("too often", timedelta(minutes=45)),
        UnavailableError("503", is_away=True),
        UnansweredError("no answer"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_what_a_provider_could_not_do_in_the_last_attempt_goes_on_by_itself(
    town: Town, error: UnavailableError
) -> None:
    error.retry_after, error.goes_on_at = timedelta(hours=1), datetime.now(UTC)
    town.world.tagger.weather.always = error
    handle = await town.start(a_post(town.ref(), text=LONG, park_seconds=0.1))
    await tried(town, 1)

    town.world.tagger.weather.always = None

    assert (await within(town.wait(handle))).state == "indexed"
    assert letters(town) == []


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError("401: it does not accept the key"),
        BrakedError("401, three times", timedelta(hours=1), None),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_a_key_that_is_not_accepted_needs_a_human(town: Town, error: UnavailableError) -> None:
    error.retry_after = timedelta(hours=1)
    town.world.tagger.weather.always = error
    handle = await town.start(a_post(town.ref(), text=LONG))
    await parked(handle)

    assert await shown(handle) == (NEEDS_HUMAN, f"tags:{type(error).__name__}")


async def test_a_human_may_let_it_go_on_before_its_moment(town: Town) -> None:
    handle = await a_post_with_a_picture(town, tomorrow())
    await parked(handle, DEFERRED)
    town.world.eyes.weather.always = None

    answer = await within(
        handle.execute_update("resolve", Decision(action="retry", by="anna", note="more money"))
    )

    assert answer == "retry: taken"
    assert (await within(town.wait(handle))).state == "indexed"
    (ended,) = town.world.parks.ended.values()
    assert ended.decision == Decision(action="retry", by="anna", note="more money")


async def test_a_decision_while_it_is_being_tried_counts_when_that_was_in_vain(town: Town) -> None:
    handle = await a_post_that_is_being_tried(town)
    await handle.execute_update("resolve", Decision(action="skip"))
    town.world.eyes.gate.set()

    assert (await within(town.wait(handle))).state == "indexed"
    assert town.world.eyes.looks == []


@pytest.mark.parametrize(
    "error",
    [spent(), BrakedError("no answer, five times", timedelta(hours=1), datetime.now(UTC))],
    ids=["a budget", "a brake"],
)
async def test_a_post_waits_for_its_vectors_alone_and_goes_on_by_itself(
    town: Town, error: PipelineError
) -> None:
    town.world.embedder.weather.always = error
    handle = await town.start(a_post(town.ref(), text=LONG))
    problems = await parked(handle, DEFERRED)
    before = await shown(handle)
    without = (town.ref().post_id in town.world.graph.posts, "posts:indexed" in town.streams())

    town.world.embedder.weather.always = None
    result = await within(town.wait(handle))

    assert before == (DEFERRED, f"vectors:{type(error).__name__}")
    assert [p["stage"] for p in problems] == [Stage.VECTORS]
    assert without == (True, False)
    assert (result.state, town.streams().count("posts:indexed")) == ("indexed", 1)
    assert (len(town.world.vectors.points), letters(town)) == (1, [])


async def test_an_edit_reaches_a_post_that_waits(town: Town) -> None:
    handle = await a_post_with_a_picture(town, tomorrow())
    await parked(handle, DEFERRED)

    await town.start(PostInput(ref=town.ref(), event=an_edit(town.ref())))

    async def indexed() -> bool:
        return "Исправлено" in town.world.embedder.texts[-1]

    await until(indexed)
    await parked(handle, DEFERRED)


async def test_a_post_that_also_needs_a_human_says_that_and_still_does_by_itself_what_it_can(
    town: Town,
) -> None:
    town.world.vectors.weather.always = BROKEN
    handle = await a_post_with_a_picture(town, spent(0.5))
    problems = await parked(handle)
    assert await shown(handle) == (NEEDS_HUMAN, "vectors:RejectedError")
    assert [p["stage"] for p in problems] == [Stage.VECTORS, Stage.VISION]

    town.world.eyes.weather.always = None
    await tried(town, 1)

    assert [p["stage"] for p in await parked(handle)] == [Stage.VECTORS]
    assert "posts:vision:analyzed" in town.streams()
    (park,) = town.world.parks.parks.values()
    assert (park.goes_on_at, len(letters(town))) == (None, 1)


async def test_what_goes_on_by_itself_does_not_push_the_deadline_for_the_human_away(town: Town) -> None:
    town.world.vectors.weather.always = BROKEN
    handle = await a_post_with_a_picture(town, spent(), park_seconds=1.5)

    with pytest.raises(WorkflowFailureError) as failed:
        await within(town.wait(handle))

    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "ParkedTooLong"
    assert town.world.parks.tries.total() >= 1
    (park,) = town.world.parks.parks.values()
    assert park.until - park.since == timedelta(seconds=1.5)


async def test_a_wait_that_becomes_a_failure_is_another_park_with_a_letter_and_time_of_its_own(
    town: Town,
) -> None:
    handle = await a_post_with_a_picture(town, spent(), park_seconds=60)
    await tried(town, 1)

    town.world.eyes.weather.always = RejectedError("the eyes are closed")
    await parked(handle)

    async def told() -> bool:
        return bool(letters(town))

    await until(told)
    wait, failure = await recorded(town, 2)
    assert [end.woken_by for end in town.world.parks.ended.values()] == [BY_ITSELF]
    assert (wait.is_deferred, failure.is_deferred, failure.number) == (True, False, 2)
    assert timedelta(seconds=40) < failure.until - failure.since <= timedelta(seconds=60)


async def test_tags_that_must_wait_keep_the_post_where_it_stands(town: Town) -> None:
    town.world.tagger.weather.always = spent(0.5)
    handle = await town.start(a_post(town.ref()))
    problems = await parked(handle, DEFERRED)
    assert [p["stage"] for p in problems] == [Stage.TAGS]
    assert town.streams() == []

    town.world.tagger.weather.always = None

    assert (await within(town.wait(handle))).state == "indexed"
    assert town.streams() == ["posts:tagged", "posts:enriched", "posts:indexed"]


async def test_of_several_pictures_one_that_needs_a_human_is_not_hidden_by_one_that_waits(town: Town) -> None:
    first, second = town.file("a"), town.file("b")
    town.world.attach(town.ref(), first, second)
    town.world.eyes.blind[(first.object_key or "").encode()] = tomorrow()
    town.world.eyes.blind[(second.object_key or "").encode()] = RejectedError("refused")

    handle = await town.start(a_post(town.ref(), text=LONG))
    problems = await parked(handle)

    assert [p["error"] for p in problems] == ["RejectedError", "BudgetExhaustedError"]


async def test_a_signal_that_cannot_be_taken_is_answered_in_the_details_of_a_wait(town: Town) -> None:
    handle = await a_post_with_a_picture(town, tomorrow())
    await parked(handle, DEFERRED)

    await handle.signal(PostWorkflow.resolve, Decision(action="explode"))

    async def said() -> bool:
        details = (await handle.query("__temporal_workflow_metadata")).current_details
        return "A decision was not taken" in details and "goes on by itself" in details

    await until(said)
