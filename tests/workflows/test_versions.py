"""Versions that cannot be saved: they wait for somebody, hold up no others, and wake nobody by themselves."""

import pytest

from contracts.album import AlbumInput
from contracts.errors import RejectedError
from contracts.post import Decision, Deletion, PostInput
from contracts.stages import Stage
from tests.build import LONG, SHORT, a_post, an_album_event, an_edit
from tests.workflows.branches import Handle, arrived_items
from tests.workflows.town import Town, parked, until, within
from workflows.album import AlbumWorkflow
from workflows.attributes import STUCK_REASON
from workflows.post import PostWorkflow

pytestmark = pytest.mark.services

BROKEN = RejectedError("the index is closed")


async def parks(town: Town, count: int) -> None:
    """Wait until there were so many parks."""

    async def reached() -> bool:
        return len(town.world.parks.parks) >= count

    await until(reached)


async def a_refused_post(town: Town) -> Handle:
    town.world.archive.refused = {SHORT}
    handle = await town.start(a_post(town.ref(), text=SHORT))
    await parked(handle)
    return handle


async def test_a_later_version_is_indexed_although_an_earlier_one_cannot_be_saved(town: Town) -> None:
    handle = await a_refused_post(town)

    await town.start(a_post(town.ref(), text=LONG))
    await town.told("posts:indexed")
    problems = await parked(handle)

    assert [problem["stage"] for problem in problems] == [Stage.PERSIST]
    assert LONG in town.world.embedder.texts[-1]


async def test_what_cannot_be_saved_waits_quietly_and_is_dropped_when_somebody_says_so(town: Town) -> None:
    handle = await a_refused_post(town)
    for text in (f"{LONG} 1", f"{LONG} 2"):
        await town.start(a_post(town.ref(), text=text))
    await town.told("posts:indexed")
    await parked(handle)

    await handle.signal(PostWorkflow.resolve, Decision(action="skip", stage="persist"))

    assert (await within(town.wait(handle))).state == "indexed"
    assert len(town.world.parks.parks) <= 3  # the first, and at most one for each version that came


async def test_versions_that_come_to_a_post_that_cannot_be_deleted_wake_it_once_each(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref))
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(PostInput(ref=ref, deletion=Deletion()))
    await parked(handle)

    for number in range(2):
        await town.start(PostInput(ref=ref, event=an_edit(ref)))
        await parks(town, 2 + number)
    await parked(handle)
    town.world.vectors.weather.always = None
    await handle.signal(PostWorkflow.resolve, Decision(action="retry"))

    assert (await within(town.wait(handle))).state == "deleted"
    assert len(town.world.parks.parks) == 3


async def test_an_album_is_put_together_although_an_announcement_of_it_cannot_be_saved(town: Town) -> None:
    refs = await arrived_items(town, 3)
    album = town.album_ref()
    town.world.albums.refused = {"bad"}
    bad = an_album_event(album, refs[:2], caption_text="bad")
    handle = await town.start_album(AlbumInput(ref=album, event=bad, look_again_seconds=0.2))
    await parked(handle)

    await handle.signal(AlbumWorkflow.grown, an_album_event(album, refs))
    await town.told("album:assembled")
    await parked(handle)

    (event,) = town.told_events("album:assembled")
    shown = (await handle.describe()).typed_search_attributes
    assert event["items_count"] == 3
    assert shown.get(STUCK_REASON) == "persist:RejectedError"
    assert len(town.world.parks.parks) == 2
    town.world.albums.refused = set()
    await handle.signal(AlbumWorkflow.resolve, Decision(action="retry"))
    assert (await within(handle.result())).state == "complete"
