"""A channel's own picture is looked at once and recorded; what cannot be done parks it."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from contracts.channel_photo import ChannelPhotoRef
from contracts.errors import BudgetExhaustedError, RejectedError
from contracts.parking import BY_ITSELF
from contracts.post import Decision, MediaRef
from contracts.stages import Stage
from tests.build import a_channel_photo, a_post
from tests.fakes import Weather
from tests.workflows.town import Town, parked, until, within
from workflows.attributes import DEFERRED, STAGE, STATE, STUCK_REASON
from workflows.channel_photo import ChannelPhotoWorkflow

pytestmark = pytest.mark.services

BROKEN = RejectedError("refused")


def a_kept_photo(town: Town, file: MediaRef | None = None) -> ChannelPhotoRef:
    """A channel's picture that is stored and was not looked at."""
    ref = town.photo_ref()
    town.world.channel_photos.files[ref.photo_id] = file or town.file()
    return ref


async def test_the_picture_is_looked_at_and_hangs_on_its_channel(town: Town) -> None:
    ref = a_kept_photo(town)

    handle = await town.start_photo(a_channel_photo(ref))
    result = await within(handle.result())

    shown = (await handle.describe()).typed_search_attributes
    [node] = town.world.graph.channel_photos.values()
    assert (result.state, shown.get(STATE), shown.get(STAGE)) == ("done", "done", "done")
    assert (node.channel_id, node.image.sha256, node.image.labels) == (
        ref.channel_id,
        town.file().sha256,
        ("фото",),
    )
    assert town.world.channel_photos.done == {ref.photo_id}


async def test_nothing_is_told_and_no_post_is_made(town: Town) -> None:
    await town.run_photo(a_channel_photo(a_kept_photo(town)))

    assert town.streams() == []
    assert town.world.archive.rows == {}
    assert town.world.vectors.points == {}


async def test_bytes_that_a_post_has_too_are_looked_at_once(town: Town) -> None:
    town.world.attach(town.ref(), town.file())
    await town.run(a_post(town.ref()))

    await town.run_photo(a_channel_photo(a_kept_photo(town)))

    assert len(town.world.eyes.looks) == 1


async def test_a_picture_without_bytes_is_skipped_with_its_reason(town: Town) -> None:
    ref = a_kept_photo(town, town.file(object_key=None, missing="not_included"))

    result = await town.run_photo(a_channel_photo(ref))

    assert (result.state, result.reason) == ("skipped", "not_included")
    assert town.world.graph.channel_photos == {}
    assert town.world.channel_photos.done == {ref.photo_id}


@pytest.mark.parametrize("stage", [Stage.PERSIST, Stage.VISION, Stage.GRAPH])
async def test_what_cannot_be_done_parks_it_and_retry_goes_on(town: Town, stage: Stage) -> None:
    ref = a_kept_photo(town)
    weather = weather_of(town, stage)
    weather.always = BROKEN
    handle = await town.start_photo(a_channel_photo(ref))
    problems = await parked(handle)
    stuck = (await handle.describe()).typed_search_attributes.get(STUCK_REASON)

    weather.always = None
    await handle.signal(ChannelPhotoWorkflow.resolve, Decision(action="retry"))
    result = await within(handle.result())

    assert ([problem["stage"] for problem in problems], stuck) == ([stage], f"{stage}:RejectedError")
    assert result.state == "done"
    assert (await handle.describe()).typed_search_attributes.get(STUCK_REASON) is None
    assert town.world.channel_photos.done == {ref.photo_id}


def weather_of(town: Town, stage: Stage) -> Weather:
    return {
        Stage.PERSIST: town.world.channel_photos.weather,
        Stage.VISION: town.world.eyes.weather,
        Stage.GRAPH: town.world.graph.weather,
    }[stage]


async def test_a_picture_that_waits_for_a_budget_goes_on_by_itself(town: Town) -> None:
    town.world.eyes.weather.always = BudgetExhaustedError("spent", datetime.now(UTC) + timedelta(seconds=0.5))
    handle = await town.start_photo(a_channel_photo(a_kept_photo(town), park_seconds=0.1))
    await parked(handle, DEFERRED)

    town.world.eyes.weather.always = None
    result = await within(handle.result())

    shown = (await handle.describe()).typed_search_attributes
    (ended,) = town.world.parks.ended.values()
    assert (result.state, shown.get(STATE), shown.get(STUCK_REASON)) == ("done", "done", None)
    assert (ended.parked.what, ended.woken_by) == ("channel picture", BY_ITSELF)


async def test_a_parked_picture_says_what_can_be_sent(town: Town) -> None:
    town.world.eyes.weather.always = BROKEN

    handle = await town.start_photo(a_channel_photo(a_kept_photo(town)))
    await parked(handle)

    details = (await handle.query("__temporal_workflow_metadata")).current_details
    assert details.startswith("Send update or signal `resolve`")
    assert "This channel picture is stuck" in details


async def test_a_picture_that_was_given_up_ends_with_the_reason(town: Town) -> None:
    town.world.eyes.weather.always = BROKEN
    handle = await town.start_photo(a_channel_photo(a_kept_photo(town)))
    await parked(handle)

    await handle.signal(ChannelPhotoWorkflow.resolve, Decision(action="give-up", by="anna"))

    assert await failure_of(town, handle.id) == "GivenUp"
    assert town.world.channel_photos.done == set()


async def test_a_picture_that_was_parked_too_long_fails(town: Town) -> None:
    town.world.eyes.weather.always = BROKEN
    handle = await town.start_photo(a_channel_photo(a_kept_photo(town), park_seconds=0.2))

    assert await failure_of(town, handle.id) == "ParkedTooLong"


async def failure_of(town: Town, workflow_id: str) -> str | None:
    """The class of the failure that a workflow ends with."""
    with pytest.raises(WorkflowFailureError) as failed:
        await within(town.client.get_workflow_handle(workflow_id).result())
    assert isinstance(failed.value.cause, ApplicationError)
    return failed.value.cause.type


async def test_another_file_that_is_handed_over_lets_a_parked_picture_go_on_with_it(town: Town) -> None:
    ref = a_kept_photo(town)
    town.world.eyes.weather.always = BROKEN
    handle = await town.start_photo(a_channel_photo(ref))
    await parked(handle)

    town.world.eyes.weather.always = None
    town.world.channel_photos.files[ref.photo_id] = town.file("b")
    await town.start_photo(a_channel_photo(ref))
    result = await within(handle.result())

    assert result.state == "done"
    assert [node.image.sha256 for node in town.world.graph.channel_photos.values()] == [town.file("b").sha256]


async def test_a_picture_that_is_handed_over_while_it_is_looked_at_is_one_workflow(town: Town) -> None:
    ref = a_kept_photo(town)
    town.world.eyes.gate.clear()
    handle = await town.start_photo(a_channel_photo(ref))

    async def looks() -> bool:
        return town.world.eyes.asked > 0

    await until(looks)
    again = await town.start_photo(a_channel_photo(ref))
    town.world.eyes.gate.set()
    await within(handle.result())

    assert (await again.describe()).run_id == (await handle.describe()).run_id
    assert len(town.world.eyes.looks) == 1
