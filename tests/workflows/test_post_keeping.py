"""What a post was asked for is kept until it is done; what was decided once is decided once."""

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import CancelledError

from contracts.errors import RejectedError
from contracts.post import Decision, Refresh, Retag
from contracts.stages import Stage
from tests.build import LONG, SHORT, a_post, an_event
from tests.fakes import Weather
from tests.workflows.town import Town, parked, until, within
from workflows.post import PostWorkflow

pytestmark = pytest.mark.services

BROKEN = RejectedError("refused")


async def test_a_post_that_could_not_be_saved_is_saved_by_the_retry(town: Town) -> None:
    ref = town.ref()
    town.world.archive.weather = Weather(always=BROKEN)
    handle = await town.start(a_post(ref, text=LONG))
    problems = await parked(handle)

    town.world.archive.weather = Weather()
    await handle.signal(PostWorkflow.resolve, Decision(action="retry"))
    result = await within(town.wait(handle))

    assert [p["stage"] for p in problems] == [Stage.PERSIST]
    assert result.state == "indexed"
    assert town.world.archive.rows[ref.post_id].event.text == LONG


@pytest.mark.parametrize("send", ["edit", "retag", "refresh"])
async def test_a_stage_that_was_left_out_is_tried_again_with_the_next_thing_that_happens(
    town: Town, send: str
) -> None:
    ref = town.ref()
    town.world.vectors.weather.always = town.world.graph.weather.always = BROKEN
    handle = await town.start(a_post(ref))
    await parked(handle)
    await handle.signal(PostWorkflow.resolve, Decision(action="skip", stage="vectors"))

    async def parks_for_the_graph_alone() -> bool:
        return [problem["stage"] for problem in (await handle.query("status"))["problems"]] == [Stage.GRAPH]

    await until(parks_for_the_graph_alone)
    town.world.vectors.weather.always = town.world.graph.weather.always = None
    match send:
        case "edit":
            await handle.signal(PostWorkflow.edited, an_event(ref, text=f"{LONG} Исправлено."))
        case "retag":
            await handle.signal(PostWorkflow.retag, Retag(event_id="r"))
        case _:
            await handle.signal(PostWorkflow.refresh, Refresh(reason="album", event_id="a"))
    await within(town.wait(handle))

    assert (town.tenant, ref.post_id) in town.world.vectors.points
    assert "posts:indexed" in town.streams()


async def test_a_second_decision_does_not_keep_the_post_going_round(town: Town) -> None:
    ref = town.ref()
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(a_post(ref))
    await parked(handle)

    town.world.vectors.weather.always = None
    for _ in range(3):
        await handle.signal(PostWorkflow.resolve, Decision(action="retry"))
    await within(town.wait(handle))

    assert len(town.runs(ref)) == len(set(town.runs(ref)))


async def test_a_retag_that_failed_is_still_wanted_after_the_retry(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref))
    town.world.tagger.weather.always = BROKEN
    handle = await town.start(a_post(ref))
    await handle.signal(PostWorkflow.retag, Retag(event_id="again"))
    await parked(handle)

    town.world.tagger.weather.always = None
    await handle.signal(PostWorkflow.resolve, Decision(action="retry"))
    await within(town.wait(handle))

    assert town.told_events("posts:tagged")[-1]["trigger"] == "manual"


async def test_what_was_committed_is_told_although_the_post_is_stuck(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file(), words="табличка на двери")
    town.world.tagger.weather.always = BROKEN

    handle = await town.start(a_post(ref))
    await parked(handle)

    assert "posts:vision:analyzed" in town.streams()


async def test_a_cancelled_post_ends_instead_of_parking(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file())
    town.world.eyes.gate.clear()
    handle = await town.start(a_post(ref, text=SHORT))

    async def is_looked_at() -> bool:
        described = await handle.describe()
        return bool(described.raw_description.pending_activities)

    await until(is_looked_at)
    await handle.cancel()

    with pytest.raises(WorkflowFailureError) as ended:
        await within(town.wait(handle))
    assert isinstance(ended.value.cause, CancelledError)
