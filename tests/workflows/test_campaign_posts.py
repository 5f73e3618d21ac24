"""Campaigns over posts with workflows of their own: told whether open, parked or ended, and once by each campaign."""

from collections import Counter
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from contracts.campaign import CampaignProgress, Selection, Standing
from contracts.errors import RejectedError
from contracts.post import PostInput, PostRef
from contracts.stages import Stage
from tests.build import LONG, a_post, a_ref, a_tenant
from tests.workflows.town import Town, parked, within
from workers.post_signals import PostSignals
from workflows.attributes import NEEDS_HUMAN, STATE
from workflows.campaigning import standing_of
from workflows.post import PostWorkflow

pytestmark = pytest.mark.services

BROKEN = RejectedError("refused")


async def some_posts(town: Town, count: int) -> list[PostRef]:
    refs = [town.ref(number) for number in range(1, count + 1)]
    for ref in refs:
        await town.run(a_post(ref, text=LONG))
    return refs


async def ended(town: Town, **values: Any) -> CampaignProgress:
    return await within((await town.start_campaign(**values)).result())


def manual(town: Town) -> Counter[str]:
    """How often each post was told to be tagged because somebody asked."""
    events = town.told_events("posts:tagged")
    return Counter(event["post_id"] for event in events if event["trigger"] == "manual")


async def test_each_post_is_tagged_once_more_and_says_manual(town: Town) -> None:
    refs = await some_posts(town, 3)

    done = await ended(town)

    assert (done.state, done.done) == ("finished", 3)
    assert manual(town) == {str(ref.post_id): 1 for ref in refs}
    assert all(town.runs(ref).count(Stage.TAGS) == 2 for ref in refs)


async def test_the_same_campaign_again_tags_nobody(town: Town) -> None:
    await some_posts(town, 3)
    await ended(town)
    texts = len(town.world.tagger.texts)

    again = await ended(town)

    assert (again.told, again.done) == (3, 3)
    assert len(town.world.tagger.texts) == texts
    assert set(manual(town).values()) == {1}


async def test_two_campaigns_side_by_side_tag_each_post_once_each(town: Town) -> None:
    refs = await some_posts(town, 3)

    handles = [await town.start_campaign(campaign_id=name) for name in ("c1", "c2")]
    for handle in handles:
        await within(handle.result())

    assert manual(town) == {str(ref.post_id): 2 for ref in refs}


async def test_a_post_that_cannot_be_tagged_is_parked_and_the_others_are_done(town: Town) -> None:
    await some_posts(town, 3)
    town.world.tagger.weather.coming = [BROKEN]

    done = await ended(town)

    assert (done.state, done.done, done.parked) == ("finished", 2, 1)
    assert sum(manual(town).values()) == 2


async def test_a_parked_post_is_told_too_and_counts_as_parked_only_after_it_has_tried(town: Town) -> None:
    ref = town.ref(1)
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(a_post(ref, text=LONG))
    await parked(handle)

    done = await ended(town)

    assert (done.done, done.parked) == (0, 1)
    assert manual(town) == {str(ref.post_id): 1}


async def test_stale_posts_do_what_is_stale_and_nothing_else(town: Town) -> None:
    fresh, stale = await some_posts(town, 2)
    row = town.world.archive.rows[stale.post_id]
    row.records[Stage.VECTORS] = row.records[Stage.VECTORS].model_copy(update={"fingerprint": "old"})
    before = len(row.runs)

    done = await ended(town, selection=Selection(tenant_id=town.tenant, kind="stale"))

    assert done.estimate
    assert (done.done, done.estimate.stages) == (1, {Stage.VECTORS: 1})
    assert row.runs[before:] == [Stage.VECTORS]
    assert not manual(town)
    assert (await town.post(fresh).describe()).history_length < 60


async def test_how_a_post_stands(town: Town) -> None:
    (ref,) = await some_posts(town, 1)
    town.world.vectors.weather.always = BROKEN
    stuck = await town.start(a_post(town.ref(2), text=LONG))
    await parked(stuck)

    assert await standing_of(town.client, ref.workflow_id) is Standing.AT_REST
    assert await standing_of(town.client, stuck.id) is Standing.PARKED
    assert await standing_of(town.client, town.ref(3).workflow_id) is Standing.AT_REST


async def test_a_parked_post_that_was_told_something_is_under_way(temporal_client: Client) -> None:
    """No worker looks at it here, as in the moment after the signal: its state is still that of before."""
    ref = a_ref(tenant=a_tenant())
    handle = await temporal_client.start_workflow(
        PostWorkflow.run,
        PostInput(ref=ref),
        id=ref.workflow_id,
        task_queue="nobody-is-here",
        search_attributes=TypedSearchAttributes([SearchAttributePair(STATE, NEEDS_HUMAN)]),
    )

    standing = await standing_of(temporal_client, ref.workflow_id)
    is_at_work = await PostSignals(temporal_client).is_at_work(ref.workflow_id)
    await handle.terminate()

    assert standing is Standing.UNDER_WAY
    assert is_at_work  # a repair waits for it too
