"""One step of a campaign: who is told, who has come to rest, who is read; and what a campaign would do."""

from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from contracts.campaign import (
    CampaignStep,
    CampaignStepResult,
    Estimate,
    EstimateRequest,
    Place,
    Selection,
    Standing,
    Tally,
)
from contracts.errors import RejectedError, UnavailableError
from contracts.post import PostRef
from contracts.stages import Stage
from domain import build
from tests.build import (
    LONG,
    MOMENT,
    SHORT,
    STANDARDS,
    TENANT,
    a_commit,
    a_file,
    a_record,
    a_ref,
    a_tenant,
    a_timing,
    an_event,
)
from tests.fake_world import World


async def some_posts(world: World, count: int, **values: Any) -> list[PostRef]:
    refs = [a_ref(number) for number in range(1, count + 1)]
    for ref in refs:
        await world.archive.save(ref, an_event(ref, **values), a_timing())
    return refs


def selected(**values: Any) -> Selection:
    return Selection.model_validate({"tenant_id": TENANT, **values})


def a_step(place: Place | None = None, selection: Selection | None = None, **values: Any) -> CampaignStep:
    known = {"campaign_id": "c1", "until": MOMENT, "may_tell": 10, "window": 50, "ahead": 10}
    return CampaignStep.model_validate(
        {**known, "place": place or Place(), "selection": selection or selected(), **values}
    )


async def advance(env: ActivityEnvironment, world: World, step: CampaignStep) -> CampaignStepResult:
    return await env.run(world.campaigning.advance_campaign, step)


async def estimate(env: ActivityEnvironment, world: World, **values: Any) -> Estimate:
    request = EstimateRequest(selection=selected(**values), until=MOMENT)
    return await env.run(world.campaigning.estimate_campaign, request)


async def test_the_first_step_reads_and_the_next_one_tells(env: ActivityEnvironment, world: World) -> None:
    refs = await some_posts(world, 3)

    first = await advance(env, world, a_step())
    second = await advance(env, world, a_step(first.place))

    ids = tuple(ref.post_id for ref in refs)
    assert (first.place.waiting, first.tally) == (ids, Tally())
    assert (second.place.under_way, second.tally) == (ids, Tally(told=3))
    assert second.place.exhausted


async def test_a_step_that_is_repeated_tells_the_same_posts(env: ActivityEnvironment, world: World) -> None:
    """As after a kill: what the first attempt told is told again, and counts once, since the post knows the event."""
    await some_posts(world, 6)
    place = (await advance(env, world, a_step(ahead=3))).place

    first, again = [await advance(env, world, a_step(place, may_tell=3, ahead=3)) for _ in range(2)]

    assert (first.tally.told, first.place.under_way) == (again.tally.told, again.place.under_way)
    assert first.place == again.place
    assert set(world.crowd.told) == set(first.place.under_way)


async def test_who_has_come_to_rest_makes_room_in_the_window(env: ActivityEnvironment, world: World) -> None:
    await some_posts(world, 6)
    place = (await advance(env, world, a_step())).place
    place = (await advance(env, world, a_step(place, window=2))).place
    world.crowd.rest(1)

    after = await advance(env, world, a_step(place, window=2))

    assert after.tally == Tally(told=1, done=1)
    assert len(after.place.under_way) == 2


async def test_a_parked_post_leaves_the_window(env: ActivityEnvironment, world: World) -> None:
    await some_posts(world, 2)
    place = (await advance(env, world, a_step())).place
    place = (await advance(env, world, a_step(place))).place
    world.crowd.rest(1, Standing.PARKED)
    world.crowd.rest(1)

    after = await advance(env, world, a_step(place))

    assert after.tally == Tally(done=1, parked=1)
    assert after.place.is_end


@pytest.mark.parametrize(("room", "told"), [(2, 2), (0, 1), (-5, 1)])
async def test_other_work_comes_first_but_one_post_goes_on_beside_it(
    env: ActivityEnvironment, world: World, room: int, told: int
) -> None:
    await some_posts(world, 6)
    place = (await advance(env, world, a_step())).place
    world.crowd.room_left = room

    after = await advance(env, world, a_step(place))

    assert after.tally.told == told


async def test_without_room_nobody_is_told_while_one_is_under_way(
    env: ActivityEnvironment, world: World
) -> None:
    await some_posts(world, 6)
    place = (await advance(env, world, a_step())).place
    place = (await advance(env, world, a_step(place, may_tell=1))).place
    world.crowd.room_left = 0

    after = await advance(env, world, a_step(place))

    assert after.tally.told == 0


async def test_a_post_that_cannot_be_told_counts_as_parked_and_stops_nobody(
    env: ActivityEnvironment, world: World
) -> None:
    await some_posts(world, 3)
    place = (await advance(env, world, a_step())).place
    world.crowd.weather.coming = [RejectedError("too many signals")]

    after = await advance(env, world, a_step(place))

    assert after.tally == Tally(told=2, parked=1)


async def test_an_engine_that_does_not_answer_fails_the_step(env: ActivityEnvironment, world: World) -> None:
    await some_posts(world, 3)
    place = (await advance(env, world, a_step())).place
    world.crowd.weather.always = UnavailableError("no answer")

    with pytest.raises(UnavailableError):
        await advance(env, world, a_step(place))


async def test_a_post_that_is_gone_is_at_rest(env: ActivityEnvironment, world: World) -> None:
    refs = await some_posts(world, 3)
    place = (await advance(env, world, a_step())).place
    place = (await advance(env, world, a_step(place, may_tell=2))).place
    for ref in (refs[0], refs[2]):
        del world.archive.rows[ref.post_id]

    after = await advance(env, world, a_step(place))

    assert after.tally == Tally(told=0, done=2)
    assert after.place.under_way == (refs[1].post_id,)


async def test_pages_are_read_without_gaps(env: ActivityEnvironment, world: World) -> None:
    refs = await some_posts(world, 25)
    world.crowd.quick = True
    place, told = Place(), 0

    while not place.is_end:
        result = await advance(env, world, a_step(place, may_tell=4, ahead=7))
        place, told = result.place, told + result.tally.told

    assert (told, world.crowd.order) == (25, [ref.post_id for ref in refs])
    assert set(world.crowd.told.values()) == {1}


async def test_only_what_is_stale_is_told_of_what_is_stale(env: ActivityEnvironment, world: World) -> None:
    fresh, stale = await some_posts(world, 2)
    await a_converged_post(world, fresh)
    await a_converged_post(world, stale, vectors="of yesterday")

    step = await advance(env, world, a_step(selection=selected(kind="stale")))

    assert step.place.waiting == (stale.post_id,)
    assert await estimate(env, world, kind="stale") == Estimate(posts=1, stages={Stage.VECTORS: 1})


async def a_converged_post(world: World, ref: PostRef, **fingerprints: str) -> None:
    """Records of a post whose stages are all fresh, but for the given ones."""
    for stage in (Stage.TAGS, Stage.ENRICH, Stage.VECTORS, Stage.GRAPH):
        state = await world.archive.state(ref, STANDARDS)
        fingerprint = fingerprints.get(stage, build.fingerprint(state, stage))
        await world.archive.commit(a_commit(ref, record=a_record(stage, fingerprint)))


async def test_failed_only_means_what_has_no_tags_failed_or_is_parked(
    env: ActivityEnvironment, world: World
) -> None:
    fine, untagged, parked, busy = await some_posts(world, 4)
    for ref in (fine, parked, busy):
        await world.archive.commit(a_commit(ref))
    await world.archive.conclude(fine, [], "indexed")
    world.crowd.standings = {parked.post_id: Standing.PARKED, busy.post_id: Standing.UNDER_WAY}

    step = await advance(env, world, a_step(selection=selected(failed_only=True)))

    assert step.place.waiting == (untagged.post_id, parked.post_id)


async def test_the_estimate_counts_posts_and_calls_to_the_tagger(
    env: ActivityEnvironment, world: World
) -> None:
    refs = await some_posts(world, 3, text=SHORT)
    await world.archive.save(a_ref(9), an_event(a_ref(9), text=LONG), a_timing())
    world.attach(refs[0], a_file())

    assert await estimate(env, world) == Estimate(posts=4, tagger_calls=2)
    assert not world.crowd.told


async def test_a_selection_sees_its_own_tenant_alone(env: ActivityEnvironment, world: World) -> None:
    await some_posts(world, 3)

    assert (await estimate(env, world, tenant_id=a_tenant())).posts == 0


async def test_a_step_says_that_it_is_alive(env: ActivityEnvironment, world: World) -> None:
    await some_posts(world, 3)
    beats: list[object] = []
    env.on_heartbeat = lambda *details: beats.append(details)

    await advance(env, world, a_step())

    assert beats
