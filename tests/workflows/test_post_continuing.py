"""A post that waits for very long goes on in another run, which knows everything that this one knew."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from temporalio.client import Client

from contracts.errors import BudgetExhaustedError, RejectedError
from contracts.parking import CONTINUED
from contracts.post import Decision, Retag
from contracts.stages import Stage
from tests.build import LONG, a_post
from tests.workflows.impatient import an_impatient_server, another_run
from tests.workflows.town import Town, a_town, parked, within
from workflows.attributes import DEFERRED, NEEDS_HUMAN, TENANT
from workflows.post import PostWorkflow

pytestmark = pytest.mark.services

BROKEN = RejectedError("the graph refuses it")


@pytest.fixture(scope="module")
async def impatient_client() -> AsyncIterator[Client]:
    async with an_impatient_server() as client:
        yield client


@pytest.fixture
async def impatient_town(impatient_client: Client) -> AsyncIterator[Town]:
    async with a_town(impatient_client) as town:
        yield town


def spent() -> BudgetExhaustedError:
    return BudgetExhaustedError("the budget of the day is spent", datetime.now(UTC))


async def test_what_was_left_out_stays_left_out_and_the_wait_is_one_wait(impatient_town: Town) -> None:
    town, ref = impatient_town, impatient_town.ref()
    town.world.attach(ref, town.file(), words="афиша концерта")
    town.world.eyes.weather.always, town.world.graph.weather.always = spent(), BROKEN
    handle = await town.start(a_post(ref, text=LONG, park_seconds=600))
    await parked(handle, NEEDS_HUMAN)
    await handle.signal(PostWorkflow.resolve, Decision(action="skip", stage="graph"))
    await parked(handle, DEFERRED)

    await another_run(handle)
    problems = await parked(handle, DEFERRED)
    town.world.eyes.weather.always = None
    result = await within(town.wait(handle))

    before, after = list(town.world.parks.parks.values())[-2:]
    assert [p["stage"] for p in problems] == [Stage.VISION]
    assert (before.run_id != after.run_id, before.since == after.since) == (True, True)
    assert CONTINUED in {end.woken_by for end in town.world.parks.ended.values()}
    assert (result.state, ref.post_id in town.world.graph.posts) == ("indexed", False)
    described = await handle.describe()
    assert described.typed_search_attributes.get(TENANT) == str(town.tenant)
    assert (await described.memo())["trace_id"] == ref.trace_id


async def test_tags_that_somebody_asked_for_are_made_once_in_whatever_run(impatient_town: Town) -> None:
    town, ref = impatient_town, impatient_town.ref()
    await town.run(a_post(ref))
    town.world.tagger.weather.always = spent()
    handle = await town.start(a_post(ref))
    for _ in range(2):
        await handle.signal(PostWorkflow.retag, Retag(event_id="r1"))
    await parked(handle, DEFERRED)

    await another_run(handle)
    await handle.signal(PostWorkflow.retag, Retag(event_id="r1"))
    town.world.tagger.weather.always = None
    await within(town.wait(handle))

    assert [event["trigger"] for event in town.told_events("posts:tagged")] == ["initial", "manual"]
    assert town.runs(ref).count(Stage.TAGS) == 2


async def test_the_end_of_the_wait_for_a_human_is_the_same_in_the_next_run(impatient_town: Town) -> None:
    town, ref = impatient_town, impatient_town.ref()
    town.world.attach(ref, town.file())
    town.world.eyes.weather.always, town.world.vectors.weather.always = spent(), BROKEN
    handle = await town.start(a_post(ref, text=LONG))
    await parked(handle, NEEDS_HUMAN)

    await another_run(handle)
    await parked(handle, NEEDS_HUMAN)

    parks = list(town.world.parks.parks.values())
    assert len({park.run_id for park in parks}) == 2
    assert len({(park.until, park.since) for park in parks}) == 1
