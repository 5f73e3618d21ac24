"""A wait: shown at once, recorded and told of meanwhile, with one deadline, also over several runs."""

from collections.abc import Awaitable, Callable

import pytest

from contracts.album import AlbumInput
from contracts.channel_photo import ChannelPhotoInput
from contracts.errors import RejectedError, UnavailableError
from contracts.post import Decision, Deletion, PostInput, Retag
from contracts.stages import Stage
from tests.build import (
    LONG,
    MOMENT,
    SHORT,
    a_channel_photo,
    a_channel_photo_ref,
    a_post,
    a_ref,
    an_album,
    an_album_event,
    an_album_ref,
    an_event,
)
from tests.workflows.branches import Handle, arrived_items
from tests.workflows.test_post_deciding import a_parked_post, letters, lies_there
from tests.workflows.town import Town, parked, until, within
from workflows.album import AlbumWorkflow
from workflows.channel_photo import ChannelPhotoWorkflow
from workflows.post import PostWorkflow

Park = Callable[[Town], Awaitable[Handle]]
SERVICES = pytest.mark.services

BROKEN = RejectedError("refused")
AWAY = UnavailableError("away")


@SERVICES
async def test_a_post_is_shown_as_stuck_while_nothing_can_be_told(town: Town) -> None:
    town.world.attach(town.ref(), town.file(), words="табличка на двери")
    town.world.tagger.weather.always = BROKEN
    town.world.log.weather.always = AWAY

    handle = await town.start(a_post(town.ref(), text=SHORT))
    problems = await parked(handle)

    assert [problem["stage"] for problem in problems] == [Stage.TAGS]
    town.world.log.weather.always = None
    await lies_there(town)
    await town.told("posts:vision:analyzed")


@SERVICES
async def test_a_park_that_cannot_be_recorded_is_tried_for_as_long_as_it_lasts(town: Town) -> None:
    town.world.parks.weather.always = AWAY
    handle = await a_parked_post(town)

    async def is_tried_again() -> bool:
        pending = (await handle.describe()).raw_description.pending_activities
        return any(one.activity_type.name == "record_park" and one.attempt > 1 for one in pending)

    await until(is_tried_again)
    town.world.parks.weather.always = None
    await lies_there(town)
    assert len(town.world.parks.parks) == 1


@SERVICES
async def test_a_letter_that_is_on_its_way_when_the_post_goes_on_is_withdrawn(town: Town) -> None:
    town.world.log.appending.shut()
    town.world.tagger.weather.always = BROKEN
    handle = await town.start(a_post(town.ref()))
    await until(town.world.log.appending.is_waited_at)
    town.world.tagger.weather.always = None

    await handle.signal(PostWorkflow.resolve, Decision(action="retry"))

    async def is_settled() -> bool:
        return bool(town.world.parks.ended)

    await until(is_settled)
    town.world.log.appending.open()
    await within(town.wait(handle))
    assert letters(town) == []


async def an_album_that_parks(town: Town) -> Handle:
    refs = await arrived_items(town, 2)
    town.world.graph.weather.always = BROKEN
    handle: Handle = await town.start_album(an_album(town.album_ref(), refs))
    await parked(handle)
    return handle


async def a_picture_that_parks(town: Town) -> Handle:
    ref = town.photo_ref()
    town.world.channel_photos.files[ref.photo_id] = town.file()
    town.world.graph.weather.always = BROKEN
    handle: Handle = await town.start_photo(a_channel_photo(ref))
    await parked(handle)
    return handle


@SERVICES
@pytest.mark.parametrize("park", [a_parked_post, an_album_that_parks, a_picture_that_parks])
async def test_a_retry_does_not_push_the_end_of_the_wait_away(town: Town, park: Park) -> None:
    handle = await park(town)

    await handle.signal("resolve", Decision(action="retry", by="anna"))

    async def parks_again() -> bool:
        return len(town.world.parks.parks) == 2

    await until(parks_again)
    first, second = town.world.parks.parks.values()
    assert first.since < second.since
    assert first.until == second.until


@SERVICES
@pytest.mark.parametrize("park", [a_parked_post, an_album_that_parks, a_picture_that_parks])
async def test_a_decision_is_kept_as_what_woke_it_and_nothing_else(town: Town, park: Park) -> None:
    handle = await park(town)
    await lies_there(town)
    town.world.vectors.weather.always = town.world.graph.weather.always = None

    await handle.signal("resolve", Decision(action="retry", by="anna"))
    await within(handle.result())

    (ended,) = town.world.parks.ended.values()
    assert ended.decision
    assert (ended.decision.by, ended.woken_by) == ("anna", "")
    assert letters(town) == []


def test_a_run_of_a_post_hands_on_what_it_was_handed() -> None:
    given = PostInput(
        ref=a_ref(),
        versions=(an_event(text=LONG), an_event(text=SHORT)),
        retags=(Retag(event_id="r"),),
        deletion=Deletion(reason="admin"),
        skipped=(Stage.GRAPH, Stage.VECTORS),
        seen=(("refresh", "a"), ("retag", "r")),
        park_seconds=5.0,
        rest_seconds=1.0,
        parked_until=MOMENT,
        parked_since=MOMENT,
    )

    assert PostWorkflow(given)._next_run() == given


def test_a_run_of_an_album_hands_on_what_it_was_handed() -> None:
    ref = an_album_ref()
    events = (an_album_event(ref), an_album_event(ref, items_count=3))
    given = AlbumInput(ref=ref, events=events, deadline_seconds=1.0, parked_until=MOMENT, parked_since=MOMENT)

    assert AlbumWorkflow(given)._next_run() == given


def test_a_run_of_a_channel_picture_hands_on_what_it_was_handed() -> None:
    given = ChannelPhotoInput(ref=a_channel_photo_ref(), parked_until=MOMENT, parked_since=MOMENT)

    assert ChannelPhotoWorkflow(given)._next_run() == given
