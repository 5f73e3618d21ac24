"""Every branch that a campaign can take: what happens, and the run whose history shows it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from temporalio.client import WorkflowFailureError, WorkflowHandle

from contracts.campaign import CampaignRate
from contracts.errors import RejectedError
from tests.build import a_post
from tests.workflows.town import Town, until, within
from workflows.campaign import CampaignWorkflow

Handle = WorkflowHandle[Any, Any]
BROKEN = RejectedError("refused")


async def campaign(town: Town, **values: Any) -> Handle:
    """Start a campaign over three posts that have ended."""
    for number in range(1, 4):
        await town.run(a_post(town.ref(number)))
    return await town.start_campaign(**values)


async def campaign_ended(town: Town, **values: Any) -> Handle:
    handle = await campaign(town, **values)
    await within(handle.result())
    return town.client.get_workflow_handle(handle.id)


async def campaign_paused(town: Town) -> Handle:
    handle = await campaign(town, window=1)
    await _campaign(handle, told=1)
    await handle.signal(CampaignWorkflow.pause)
    await _campaign(handle, state="paused", done=1)
    await handle.signal(CampaignWorkflow.resume)
    await within(handle.result())
    return handle


async def campaign_cancelled(town: Town, *, by_engine: bool = False) -> Handle:
    handle = await campaign(town, window=1)
    await _campaign(handle, told=1)
    await (handle.cancel() if by_engine else handle.signal(CampaignWorkflow.cancel))
    with suppress(WorkflowFailureError):
        await within(handle.result())
    return handle


async def campaign_parked(town: Town) -> Handle:
    handle = await campaign(town, per_second=0.2)
    await _campaign(handle, told=1)
    town.world.tagger.weather.coming = [BROKEN]
    await handle.signal(CampaignWorkflow.set_rate, CampaignRate(per_second=100))
    await within(handle.result())
    return handle


async def campaign_held(town: Town) -> Handle:
    town.world.many.weather.always = BROKEN
    handle = await campaign(town)
    await _campaign(handle, state="paused")
    town.world.many.weather.always = None
    await handle.signal(CampaignWorkflow.resume)
    await within(handle.result())
    return handle


async def _campaign(handle: Handle, **wanted: object) -> None:
    """Wait until a campaign says this of itself."""

    async def says() -> bool:
        said = (await handle.query(CampaignWorkflow.progress)).model_dump()
        return all(said[name] == value for name, value in wanted.items())

    await until(says)


CAMPAIGNS: Final[dict[str, Callable[[Town], Awaitable[Handle]]]] = {
    "campaign_finished": campaign_ended,
    "campaign_dry_run": lambda town: campaign_ended(town, dry_run=True),
    "campaign_continued": lambda town: campaign_ended(town, window=1, steps_per_run=3),
    "campaign_paused": campaign_paused,
    "campaign_cancelled": campaign_cancelled,
    "campaign_cancelled_by_engine": lambda town: campaign_cancelled(town, by_engine=True),
    "campaign_parked": campaign_parked,
    "campaign_held": campaign_held,
}
