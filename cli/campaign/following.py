"""Following a campaign to its end, with a bar; whoever stops following stops nothing."""

import asyncio
from typing import Final

from temporalio.client import Client

from cli.errors import CommandError
from cli.hints import command
from cli.meter import Meter
from contracts.campaign import CampaignProgress
from contracts.errors import UnavailableError
from runtime.settings import Settings
from workflows.answering import asked
from workflows.campaign import CampaignWorkflow

#: Seconds between two looks; seconds that a look may take.
EVERY: Final = 0.5
PATIENCE: Final = 15.0


async def progress_of(client: Client, workflow_id: str) -> CampaignProgress:
    """Return how far a campaign is, also one that has ended.

    Raises:
        UnavailableError: no worker answers.
    """
    handle = client.get_workflow_handle_for(CampaignWorkflow.run, workflow_id)
    try:
        return await asked(handle.query(CampaignWorkflow.progress), PATIENCE)
    except UnavailableError as error:
        raise UnavailableError(f"{error}; a campaign goes on as soon as the service runs") from error


async def followed(client: Client, workflow_id: str, settings: Settings) -> CampaignProgress:
    """Follow a campaign; return how it ended.

    Raises:
        CommandError: the user follows no longer, or it paused by itself.
    """
    ours, id = command(settings.data_dir), workflow_id.rpartition(":")[2][:8]
    try:
        with Meter("campaign") as meter:
            while True:
                seen = await progress_of(client, workflow_id)
                if seen.state in {"finished", "stopped"}:
                    return seen
                if seen.why:
                    raise CommandError(
                        f"the campaign paused by itself: {seen.why}; `{ours} campaign resume {id}` goes on"
                    )
                _show(seen, meter)
                await asyncio.sleep(EVERY)
    except asyncio.CancelledError as stopped:
        raise CommandError(
            f"the campaign goes on by itself; `{ours} campaign show {id} --follow` follows it again, "
            f"`{ours} campaign pause {id}` pauses it, `{ours} campaign cancel {id}` ends it",
            130,
        ) from stopped


def _show(seen: CampaignProgress, meter: Meter) -> None:
    posts = seen.estimate.posts if seen.estimate else 0
    meter.say(seen.done + seen.parked, posts, in_short(seen), seen.seconds_left)


def in_short(seen: CampaignProgress) -> str:
    """Return how far it is in the few words that stand beside a bar."""
    if seen.estimate is None:
        return "counting the posts"
    said = [
        f"{seen.done + seen.parked} of {seen.estimate.posts} posts",
        f"{seen.parked} parked" if seen.parked else "",
        f"{seen.per_second_now:.1f}/s" if seen.per_second_now else "",
        "" if seen.state == "running" else seen.state,
    ]
    return ", ".join(part for part in said if part)
