"""Of what earlier runs left open, only what keeps something unsaved outlives a good end."""

import pytest
from temporalio.testing import ActivityEnvironment

from contracts.dead_letters import parked as letter_of
from contracts.deleting import Erased
from contracts.post import PostInput
from tests.adapters.test_postgres_parks import a_park
from tests.build import a_ref, a_timing, an_edit, an_event
from tests.fake_world import World


@pytest.mark.parametrize("end", ["skipped", "deleted"])
async def test_a_letter_that_keeps_an_edit_stays_unless_the_post_is_gone(
    env: ActivityEnvironment, world: World, end: str
) -> None:
    ref = a_ref()
    await world.archive.save(ref, an_event(ref), a_timing())
    empty = a_park(ref)
    full = a_park(ref, number=2, unsaved=PostInput(ref=ref, event=an_edit(ref)))
    for park in (empty, full):
        await world.parks.keep(park, letter_of(park))
    await env.run(world.bridge.announce, ref.workflow_id)

    if end == "deleted":
        await env.run(world.bridge.announce_deleted, Erased(ref=ref))
    else:
        await env.run(world.bridge.announce_skipped, ref)

    left = [key for _, key in world.log.entries]
    assert left == ([full.key] if end == "skipped" else [])
