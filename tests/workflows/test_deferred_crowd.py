"""Many posts that wait till later take no room from the others: streams are read on, campaigns go on."""

import asyncio

import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from contracts.errors import BudgetExhaustedError
from contracts.post import PostInput, PostRef
from starter.gate import Gate
from starter.starter import count_open
from tests.build import LONG, MOMENT, a_post
from tests.workflows.town import Town, parked, until, within
from workers.campaigns import PostWorkflows
from workflows.attributes import ACTIVE, DEFERRED, STATE, TENANT
from workflows.post import PostWorkflow

pytestmark = pytest.mark.services

HIGH, LOW = 20, 10


async def crowd_of(town: Town, state: str, count: int) -> None:
    """So many posts in that state, whom no worker serves; wait until lists know them."""

    async def start(ref: PostRef) -> None:
        attributes = [SearchAttributePair(TENANT, str(town.tenant)), SearchAttributePair(STATE, state)]
        await town.client.start_workflow(
            PostWorkflow.run,
            PostInput(ref=ref),
            id=ref.workflow_id,
            task_queue="nobody-is-here",
            search_attributes=TypedSearchAttributes(attributes),
        )

    await asyncio.gather(*(start(town.ref(number)) for number in range(1, count + 1)))
    which = f"TgTenant='{town.tenant}' AND TgState='{state}'"

    async def listed() -> bool:
        return (await town.client.count_workflows(which)).count == count

    await until(listed)


async def quiet(client: Client) -> None:
    """Wait until nothing that other tests left is open."""

    async def nobody() -> bool:
        return await count_open(client) == 0

    await until(nobody)


async def test_however_many_wait_the_streams_are_read_on_and_campaigns_have_room(town: Town) -> None:
    await quiet(town.client)
    await crowd_of(town, DEFERRED, 5 * HIGH)

    gate = Gate(lambda: count_open(town.client), HIGH, LOW)

    assert await within(gate.room()) == HIGH
    assert await PostWorkflows(town.client, HIGH).room() == HIGH


async def test_posts_that_are_worked_at_take_room(town: Town) -> None:
    await quiet(town.client)
    await crowd_of(town, ACTIVE, 3)

    assert await Gate(lambda: count_open(town.client), HIGH, LOW).room() == HIGH - 3
    assert await PostWorkflows(town.client, HIGH).room() == HIGH - 3


async def test_a_campaign_is_not_kept_from_its_end_by_posts_that_wait(town: Town) -> None:
    town.world.eyes.weather.always = BudgetExhaustedError("spent", MOMENT.replace(year=2999))
    refs = [town.ref(number) for number in range(1, 5)]
    for ref in refs:
        town.world.attach(ref, town.file(str(ref.message_id)))
        await parked(await town.start(a_post(ref, text=LONG)), DEFERRED)

    done = await within((await town.start_campaign(window=1)).result())

    assert (done.state, done.done, done.parked) == ("finished", 0, len(refs))
    manual = [event for event in town.told_events("posts:tagged") if event["trigger"] == "manual"]
    assert len(manual) == len(refs)
