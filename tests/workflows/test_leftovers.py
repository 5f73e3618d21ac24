"""What a run left open that ended without a decision is closed by the next one that has done everything."""

import pytest
from temporalio.client import WorkflowFailureError

from contracts.errors import RejectedError
from contracts.post import Deletion, PostInput, PostRef, Refresh
from tests.build import SHORT, a_post
from tests.workflows.town import Town, parked, within
from workflows.starting import refresh_post

pytestmark = pytest.mark.services

BROKEN = RejectedError("the tagger refuses this text")


async def parked_too_long(town: Town) -> PostRef:
    """A post whose run ended parked; its letter lies where it was put."""
    ref = town.ref()
    town.world.tagger.weather.always = BROKEN
    handle = await town.start(a_post(ref, park_seconds=1.0))
    await town.told("posts:tagged:dlq")
    with pytest.raises(WorkflowFailureError, match="Workflow execution failed"):
        await within(town.wait(handle))
    town.world.tagger.weather.always = None
    return ref


async def left_open(town: Town, ref: PostRef) -> int:
    return len((await town.world.leftovers.of(ref.workflow_id)).parks)


async def test_a_run_that_ends_in_its_park_leaves_it_open(town: Town) -> None:
    ref = await parked_too_long(town)

    assert await left_open(town, ref) == 1
    assert "posts:tagged:dlq" in town.streams()


async def test_whatever_brings_the_post_to_its_end_closes_it(town: Town) -> None:
    ref = await parked_too_long(town)

    await refresh_post(town.client, ref, Refresh(reason="look", event_id="r1"))
    result = await within(town.wait(town.post(ref)))

    assert result.state == "indexed"
    assert await left_open(town, ref) == 0
    assert "posts:tagged:dlq" not in town.streams()


async def test_a_deletion_closes_it(town: Town) -> None:
    ref = await parked_too_long(town)

    await town.run(PostInput(ref=ref, deletion=Deletion()))

    assert await left_open(town, ref) == 0
    assert "posts:tagged:dlq" not in town.streams()


async def test_the_letter_of_a_version_that_cannot_be_saved_keeps_it(town: Town) -> None:
    ref = town.ref()
    town.world.archive.refused = {SHORT}
    await parked(await town.start(a_post(ref, text=SHORT)))
    await town.told("posts:parsed:dlq")

    (letter,) = (await town.world.leftovers.of(ref.workflow_id)).letters

    assert letter.unsaved is not None
    assert [version.text for version in letter.unsaved.versions] == [SHORT]


async def test_the_letter_of_a_deletion_that_is_stuck_keeps_it(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref))
    town.world.archive.weather.always = RejectedError("no row holds this tombstone")
    await parked(await town.start(PostInput(ref=ref, deletion=Deletion(reason="admin"))))
    await town.told("posts:parsed:dlq")

    (letter,) = (await town.world.leftovers.of(ref.workflow_id)).letters

    assert letter.unsaved is not None
    assert letter.unsaved.deletion == Deletion(reason="admin")


async def test_the_letter_of_any_other_stage_keeps_nothing(town: Town) -> None:
    ref = town.ref()
    town.world.tagger.weather.always = BROKEN
    await parked(await town.start(a_post(ref)))
    await town.told("posts:tagged:dlq")

    (letter,) = (await town.world.leftovers.of(ref.workflow_id)).letters

    assert letter.unsaved is None
