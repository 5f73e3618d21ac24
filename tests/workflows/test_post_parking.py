"""What cannot be done parks the post, says so, and goes on when it is told to."""

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from contracts.errors import RejectedError
from contracts.post import Decision, Refresh
from contracts.stages import Stage
from tests.build import LONG, SHORT, a_post
from tests.workflows.town import Town, counted, parked, until, within
from workflows.attributes import STATE, STUCK_REASON
from workflows.post import PostWorkflow

pytestmark = pytest.mark.services

BROKEN = RejectedError("the index refuses this point")


async def test_a_stage_that_fails_parks_the_post_and_says_what_can_be_sent(town: Town) -> None:
    town.world.vectors.weather.always = BROKEN

    handle = await town.start(a_post(town.ref()))
    problems = await parked(handle)

    described = await handle.describe()
    details = (await handle.query("__temporal_workflow_metadata")).current_details
    assert [p["stage"] for p in problems] == [Stage.VECTORS]
    assert described.typed_search_attributes.get(STUCK_REASON) == "vectors:RejectedError"
    assert details.startswith("Send update or signal `resolve`")
    assert str(BROKEN) in details


@pytest.mark.parametrize("stage", [Stage.TAGS, Stage.VECTORS, Stage.GRAPH])
async def test_retry_runs_what_failed_and_nothing_else(town: Town, stage: Stage) -> None:
    ref = town.ref()
    weather = {
        Stage.TAGS: town.world.tagger.weather,
        Stage.VECTORS: town.world.vectors.weather,
        Stage.GRAPH: town.world.graph.weather,
    }[stage]
    weather.always = BROKEN
    handle = await town.start(a_post(ref))
    await parked(handle)

    weather.always = None
    await handle.signal(PostWorkflow.resolve, Decision(action="retry"))
    result = await within(town.wait(handle))

    described = await handle.describe()
    assert result.state == "indexed"
    assert sorted(town.runs(ref)) == sorted([Stage.TAGS, Stage.ENRICH, Stage.VECTORS, Stage.GRAPH])
    assert described.typed_search_attributes.get(STUCK_REASON) is None
    assert described.typed_search_attributes.get(STATE) == "indexed"


async def test_skip_goes_on_without_the_graph(town: Town) -> None:
    ref = town.ref()
    town.world.graph.weather.always = BROKEN
    handle = await town.start(a_post(ref))
    await parked(handle)

    await handle.signal(PostWorkflow.resolve, Decision(action="skip"))
    result = await within(town.wait(handle))

    assert result.state == "indexed"
    assert ref.post_id not in town.world.graph.posts


async def test_a_post_without_its_vector_is_not_announced_as_indexed(town: Town) -> None:
    ref = town.ref()
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(a_post(ref))
    await parked(handle)

    await handle.signal(PostWorkflow.resolve, Decision(action="skip"))
    await within(town.wait(handle))

    assert "posts:indexed" not in town.streams()
    assert town.world.archive.rows[ref.post_id].concluded == "skipped"


async def test_give_up_fails_the_run_with_its_reason(town: Town) -> None:
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(a_post(town.ref()))
    await parked(handle)

    await handle.signal(PostWorkflow.resolve, Decision(action="give-up", by="anna"))

    with pytest.raises(WorkflowFailureError) as failed:
        await within(town.wait(handle))
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "GivenUp"
    assert failed.value.cause.message == "given up by anna: vectors:RejectedError"


async def test_nobody_decides_and_the_run_fails_typed(town: Town) -> None:
    town.world.vectors.weather.always = BROKEN

    handle = await town.start(a_post(town.ref(), park_seconds=0.2))

    with pytest.raises(WorkflowFailureError) as failed:
        await within(town.wait(handle))
    assert isinstance(failed.value.cause, ApplicationError)
    assert failed.value.cause.type == "ParkedTooLong"


async def test_a_decision_that_came_before_the_post_parked_does_not_count(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file())
    town.world.eyes.gate.clear()
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(a_post(ref, text=SHORT))

    await handle.signal(PostWorkflow.resolve, Decision(action="give-up"))
    town.world.eyes.gate.set()
    await parked(handle)
    town.world.vectors.weather.always = None
    await handle.signal(PostWorkflow.resolve, Decision(action="retry"))

    assert (await within(town.wait(handle))).state == "indexed"
    assert [ended.decision.action for ended in town.world.parks.ended.values() if ended.decision] == ["retry"]


async def test_pictures_that_cannot_be_looked_at_do_not_hold_the_post_hostage(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file(), words="афиша концерта")
    town.world.eyes.weather.always = RejectedError("the eyes are closed")
    handle = await town.start(a_post(ref, text=LONG))

    problems = await parked(handle)

    assert [p["stage"] for p in problems] == [Stage.VISION]
    assert (town.tenant, ref.post_id) in town.world.vectors.points
    assert "posts:indexed" in town.streams()


async def test_a_picture_that_can_be_looked_at_again_completes_the_post(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file(), words="афиша концерта")
    town.world.eyes.weather.always = RejectedError("the eyes are closed")
    handle = await town.start(a_post(ref, text=LONG))
    await parked(handle)

    town.world.eyes.weather.always = None
    await handle.signal(PostWorkflow.resolve, Decision(action="retry"))
    await within(town.wait(handle))

    assert "афиша концерта" in town.world.embedder.texts[-1]
    assert town.streams().count("posts:indexed") == 2


async def test_an_edit_wakes_a_parked_post(town: Town) -> None:
    ref = town.ref()
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(a_post(ref, text=LONG))
    await parked(handle)
    town.world.vectors.weather.always = None

    await town.start(a_post(ref, text=f"{LONG} Исправлено."))
    await within(town.wait(handle))

    assert "Исправлено" in town.world.embedder.texts[-1]


async def test_a_refresh_wakes_a_parked_post_and_it_parks_again(town: Town) -> None:
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(a_post(town.ref()))
    await parked(handle)

    await handle.signal(PostWorkflow.refresh, Refresh(reason="try", event_id="1"))

    async def tried_again() -> bool:
        _, scheduled = await counted(handle)
        return scheduled["index_vectors"] == 2

    await until(tried_again)
    assert [p["stage"] for p in await parked(handle)] == [Stage.VECTORS]
