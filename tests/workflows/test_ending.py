"""What comes while a run notes that it ends is not lost; and what it ends with is said in any case."""

from typing import Any

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError

from contracts.errors import RejectedError
from contracts.post import Decision
from tests.build import LONG, a_channel_photo, a_post, an_album, an_event
from tests.workflows.branches import Handle, arrived_items
from tests.workflows.test_post_deciding import a_parked_post
from tests.workflows.town import Town, parked, until, within
from workflows.album import AlbumWorkflow
from workflows.channel_photo import ChannelPhotoWorkflow
from workflows.post import PostWorkflow

pytestmark = pytest.mark.services

BROKEN = RejectedError("refused")
CORRECTED = f"{LONG} Исправлено."


async def failure_of(handle: Handle) -> str | None:
    with pytest.raises(WorkflowFailureError) as failed:
        await within(handle.result())
    assert isinstance(failed.value.cause, ApplicationError)
    return failed.value.cause.type


async def given_up(town: Town, handle: Handle) -> None:
    """Give it up; the run is held while it writes that down."""
    town.world.parks.ending.shut()
    await handle.signal("resolve", Decision(action="give-up", by="anna"))
    await until(town.world.parks.ending.is_waited_at)


async def test_an_edit_that_comes_while_a_post_is_given_up_is_taken_in(town: Town) -> None:
    handle = await a_parked_post(town)
    await given_up(town, handle)
    town.world.vectors.weather.always = None

    await handle.signal(PostWorkflow.edited, an_event(town.ref(), text=CORRECTED))
    town.world.parks.ending.open()

    assert (await within(town.wait(handle))).state == "indexed"
    assert town.world.archive.rows[town.ref().post_id].event.text == CORRECTED
    (ended,) = town.world.parks.ended.values()
    assert ended.decision
    assert (ended.decision.action, ended.woken_by) == ("give-up", "edit")


async def test_an_edit_that_comes_while_a_post_has_waited_for_too_long_is_taken_in(town: Town) -> None:
    handle = await held_at_the_deadline(town)

    await handle.signal(PostWorkflow.edited, an_event(town.ref(), text=CORRECTED))
    town.world.archive.marking.open()

    assert (await within(town.wait(handle))).state == "indexed"
    assert town.world.archive.rows[town.ref().post_id].concluded == "indexed"


async def test_a_decision_that_is_taken_at_the_deadline_counts(town: Town) -> None:
    handle = await held_at_the_deadline(town)

    answer = await within(handle.execute_update("resolve", Decision(action="retry")))
    town.world.archive.marking.open()

    assert answer == "retry: taken"
    assert (await within(town.wait(handle))).state == "indexed"


async def held_at_the_deadline(town: Town) -> Handle:
    """A post whose wait is over; it is held while it is marked, and what it waited for is there again."""
    town.world.archive.marking.shut()
    town.world.vectors.weather.always = BROKEN
    handle: Handle = await town.start(a_post(town.ref(), park_seconds=0.2))
    await until(town.world.archive.marking.is_waited_at)
    town.world.vectors.weather.always = None
    return handle


@pytest.mark.parametrize(("values", "kind"), [({}, "GivenUp"), ({"park_seconds": 0.2}, "ParkedTooLong")])
async def test_a_post_that_cannot_be_marked_ends_with_its_own_reason(
    town: Town, values: dict[str, Any], kind: str
) -> None:
    town.world.archive.marking.weather.always = BROKEN
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(a_post(town.ref(), **values))
    if kind == "GivenUp":
        await parked(handle)
        await handle.signal(PostWorkflow.resolve, Decision(action="give-up"))

    assert await failure_of(handle) == kind


async def test_an_announcement_that_comes_while_an_album_is_given_up_is_taken_in(town: Town) -> None:
    refs = await arrived_items(town, 3)
    town.world.graph.weather.always = BROKEN
    handle = await town.start_album(an_album(town.album_ref(), refs[:2]))
    await parked(handle)
    await given_up(town, handle)
    town.world.graph.weather.always = None

    await handle.signal(AlbumWorkflow.refresh)
    town.world.parks.ending.open()

    assert (await within(handle.result())).state == "complete"


async def test_another_look_that_is_asked_for_while_a_picture_is_given_up_is_taken(town: Town) -> None:
    ref = town.photo_ref()
    town.world.channel_photos.files[ref.photo_id] = town.file()
    town.world.eyes.weather.always = BROKEN
    handle = await town.start_photo(a_channel_photo(ref))
    await parked(handle)
    await given_up(town, handle)
    town.world.eyes.weather.always = None

    await handle.signal(ChannelPhotoWorkflow.refresh)
    town.world.parks.ending.open()

    assert (await within(handle.result())).state == "done"
