"""A campaign tells posts at a rate within a window; it can be paused, resumed and stopped, and keeps what is done."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import CancelledError

from contracts.campaign import CampaignProgress, CampaignRate, Carried, Estimate, Place, Standing, Tally
from contracts.errors import RejectedError
from contracts.post import PostRef
from tests.build import a_timing, an_event
from tests.workflows.town import Town, counted, until, within
from workflows.attributes import STAGE, STATE
from workflows.campaign import CampaignWorkflow

pytestmark = pytest.mark.services

Handle = WorkflowHandle[Any, CampaignProgress]


async def some_posts(town: Town, count: int) -> list[PostRef]:
    refs = [town.ref(number) for number in range(1, count + 1)]
    for ref in refs:
        await town.world.archive.save(ref, an_event(ref), a_timing())
    return refs


async def progress(handle: Handle) -> CampaignProgress:
    return await handle.query(CampaignWorkflow.progress)


async def reached(handle: Handle, condition: Callable[[CampaignProgress], bool]) -> CampaignProgress:
    """Wait until the campaign is as the condition says; return how far it is then."""
    seen: list[CampaignProgress] = []

    async def is_so() -> bool:
        seen.append(await progress(handle))
        return condition(seen[-1])

    await until(is_so)
    return seen[-1]


async def stepped(handle: Handle, count: int) -> None:
    """Wait until the campaign has made so many steps."""

    async def has() -> bool:
        return (await counted(handle))[1]["advance_campaign"] >= count

    await until(has)


async def shown(handle: Handle) -> tuple[str | None, str | None]:
    attributes = (await handle.describe()).typed_search_attributes
    return attributes.get(STATE), attributes.get(STAGE)


def crowd_rests(town: Town, count: int = 1000) -> Callable[[], Awaitable[bool]]:
    """Let the crowd rest whenever it is looked at; true when everybody was told."""

    async def look() -> bool:
        town.world.crowd.rest(count)
        return len(town.world.crowd.told) == len(town.world.archive.rows)

    return look


async def test_every_post_is_told_once_and_the_end_is_shown(crowd: Town) -> None:
    refs = await some_posts(crowd, 12)
    crowd.world.crowd.quick = True

    handle = await crowd.start_campaign()
    ended = await within(handle.result())

    assert (ended.state, ended.told, ended.done, ended.parked) == ("finished", 12, 12, 0)
    assert ended.estimate == Estimate(posts=12, tagger_calls=12)
    assert crowd.world.crowd.order == [ref.post_id for ref in refs]
    assert set(crowd.world.crowd.told.values()) == {1}
    assert await shown(handle) == ("done", "12/12")


async def test_the_window_is_never_exceeded(crowd: Town) -> None:
    await some_posts(crowd, 12)

    handle = await crowd.start_campaign(window=3)
    await stepped(handle, 4)
    crowd.world.crowd.rest(1)
    await reached(handle, lambda seen: seen.told == 4)
    await until(crowd_rests(crowd, 2))
    crowd.world.crowd.rest()
    ended = await within(handle.result())

    assert (ended.done, crowd.world.crowd.most_under_way) == (12, 3)


async def test_the_rate_is_kept(crowd: Town) -> None:
    await some_posts(crowd, 30)
    crowd.world.crowd.quick = True

    handle = await crowd.start_campaign(per_second=10.0)
    ended = await within(handle.result())

    described = await handle.describe()
    assert described.close_time
    assert ended.started_at
    # The first ten are told at once, the other twenty at the rate.
    assert (described.close_time - ended.started_at).total_seconds() >= 1.9


async def test_a_rate_that_is_set_counts_from_then_on(crowd: Town) -> None:
    await some_posts(crowd, 30)
    crowd.world.crowd.quick = True
    handle = await crowd.start_campaign(per_second=0.2)
    await reached(handle, lambda seen: seen.told == 1)

    await handle.signal(CampaignWorkflow.set_rate, CampaignRate(per_second=500))
    ended = await within(handle.result())

    assert (ended.per_second, ended.done) == (500, 30)


async def test_a_pause_holds_and_resume_goes_on(crowd: Town) -> None:
    await some_posts(crowd, 12)
    handle = await crowd.start_campaign(window=3)
    await reached(handle, lambda seen: seen.under_way == 3)

    await handle.signal(CampaignWorkflow.pause)
    crowd.world.crowd.rest()
    paused = await reached(handle, lambda seen: seen.done == 3)
    events, _ = await counted(handle)

    assert (paused.state, paused.told, paused.under_way) == ("paused", 3, 0)
    assert await shown(handle) == ("paused", "3/12")
    crowd.world.crowd.quick = True
    await handle.signal(CampaignWorkflow.resume)
    ended = await within(handle.result())
    assert (ended.state, ended.told, ended.done) == ("finished", 12, 12)
    assert events < 60


async def test_a_paused_campaign_that_waits_for_nobody_makes_no_history(crowd: Town) -> None:
    await some_posts(crowd, 4)
    handle = await crowd.start_campaign(window=1)
    await reached(handle, lambda seen: seen.under_way == 1)
    await handle.signal(CampaignWorkflow.pause)
    crowd.world.crowd.rest()
    await reached(handle, lambda seen: seen.done == 1)

    before, _ = await counted(handle)
    for _ in range(5):
        assert (await progress(handle)).state == "paused"

    assert (await counted(handle))[0] <= before + 3  # what ended the last step


async def test_cancel_tells_nobody_more_and_keeps_what_is_done(crowd: Town) -> None:
    await some_posts(crowd, 12)
    handle = await crowd.start_campaign(window=3)
    await reached(handle, lambda seen: seen.under_way == 3)
    crowd.world.crowd.rest(2)
    await reached(handle, lambda seen: seen.told == 5)

    await handle.signal(CampaignWorkflow.cancel)
    assert (await progress(handle)).state == "stopping"
    crowd.world.crowd.rest()
    ended = await within(handle.result())

    assert (ended.state, ended.told, ended.done, ended.under_way) == ("stopped", 5, 5, 0)
    assert await shown(handle) == ("stopped", "5/12")
    assert (await progress(handle)).state == "stopped"


async def test_a_campaign_that_stops_does_not_wait_for_long(crowd: Town) -> None:
    await some_posts(crowd, 4)
    handle = await crowd.start_campaign(window=2, stop_seconds=0.2)
    await reached(handle, lambda seen: seen.under_way == 2)

    await handle.signal(CampaignWorkflow.cancel)
    ended = await within(handle.result())

    assert (ended.state, ended.under_way) == ("stopped", 2)


async def test_the_engines_own_cancellation_keeps_what_is_done_too(crowd: Town) -> None:
    await some_posts(crowd, 12)
    handle = await crowd.start_campaign(window=3)
    await reached(handle, lambda seen: seen.under_way == 3)

    await handle.cancel()
    await reached(handle, lambda seen: seen.state == "stopping")
    crowd.world.crowd.rest()
    with pytest.raises(WorkflowFailureError) as ended:
        await within(handle.result())

    assert isinstance(ended.value.cause, CancelledError)
    assert (await handle.describe()).status is WorkflowExecutionStatus.CANCELED
    assert ((await progress(handle)).state, (await progress(handle)).done) == ("stopped", 3)
    assert await shown(handle) == ("stopped", "3/12")


async def test_a_parked_post_does_not_stall_it(crowd: Town) -> None:
    await some_posts(crowd, 3)
    handle = await crowd.start_campaign(window=1)
    await reached(handle, lambda seen: seen.under_way == 1)

    crowd.world.crowd.rest(1, Standing.PARKED)
    await until(crowd_rests(crowd))
    crowd.world.crowd.rest()
    ended = await within(handle.result())

    assert (ended.state, ended.done, ended.parked) == ("finished", 2, 1)


async def test_a_dry_run_tells_nobody(crowd: Town) -> None:
    await some_posts(crowd, 3)

    handle = await crowd.start_campaign(dry_run=True)
    ended = await within(handle.result())

    assert (ended.state, ended.estimate, ended.told) == ("finished", Estimate(posts=3, tagger_calls=3), 0)
    assert not crowd.world.crowd.told
    assert await shown(handle) == ("done", "dry run")


async def test_an_empty_selection_ends_at_once(crowd: Town) -> None:
    ended = await within((await crowd.start_campaign()).result())

    assert (ended.state, ended.estimate) == ("finished", Estimate())


async def test_another_run_goes_on_with_the_counts_of_the_one_before(crowd: Town) -> None:
    await some_posts(crowd, 12)
    crowd.world.crowd.quick = True

    handle = await crowd.start_campaign(window=4, steps_per_run=3)
    ended = await within(handle.result())

    assert (ended.told, ended.done) == (12, 12)
    assert set(crowd.world.crowd.told.values()) == {1}
    assert (await handle.describe()).run_id != handle.first_execution_run_id
    assert await shown(handle) == ("done", "12/12")


async def test_a_carried_campaign_stays_paused_and_knows_whom_it_told(crowd: Town) -> None:
    refs = await some_posts(crowd, 5)
    place = Place(
        cursor={"channel_id": refs[2].channel_id, "message_id": refs[2].message_id},
        waiting=(refs[2].post_id,),
        under_way=(refs[1].post_id,),
    )
    carried = Carried(
        estimate=Estimate(posts=5), place=place, tally=Tally(told=2, done=1), paused=True, shown="paused"
    )
    crowd.world.crowd.standings = {refs[1].post_id: Standing.UNDER_WAY}

    handle = await crowd.start_campaign(carried=carried)
    seen = await progress(handle)
    crowd.world.crowd.quick = True
    crowd.world.crowd.rest()
    await handle.signal(CampaignWorkflow.resume)
    ended = await within(handle.result())

    assert (seen.state, seen.told, seen.under_way) == ("paused", 2, 1)
    assert (ended.told, ended.done) == (5, 5)
    assert set(crowd.world.crowd.told) == {ref.post_id for ref in refs[2:]}


async def test_what_cannot_be_done_pauses_it_and_says_why(crowd: Town) -> None:
    await some_posts(crowd, 4)
    crowd.world.crowd.quick = True
    crowd.world.many.weather.always = RejectedError("the archive refuses")

    handle = await crowd.start_campaign()
    paused = await reached(handle, lambda seen: seen.state == "paused")
    details = (await handle.query("__temporal_workflow_metadata")).current_details

    assert paused.why == "RejectedError: the archive refuses"
    assert details.startswith("Send signal `pause`, `resume` or `cancel`")
    assert "the archive refuses" in details
    crowd.world.many.weather.always = None
    await handle.signal(CampaignWorkflow.resume)
    ended = await within(handle.result())
    assert (ended.state, ended.why, ended.done) == ("finished", "", 4)


async def test_a_hundred_posts_cost_few_events(crowd: Town) -> None:
    await some_posts(crowd, 100)
    crowd.world.crowd.quick = True

    handle = await crowd.start_campaign(per_second=50.0)
    await within(handle.result())

    events, scheduled = await counted(handle)
    assert events <= 180
    assert scheduled["advance_campaign"] <= 13


async def test_a_cancel_outlasts_the_steps_of_its_run(crowd: Town) -> None:
    await some_posts(crowd, 4)
    handle = await crowd.start_campaign(window=1, steps_per_run=3, stop_seconds=1.5)
    await reached(handle, lambda seen: seen.under_way == 1)

    await handle.signal(CampaignWorkflow.cancel)
    ended = await within(handle.result())

    assert (ended.state, ended.told) == ("stopped", 1)
    assert len(crowd.world.crowd.told) == 1
