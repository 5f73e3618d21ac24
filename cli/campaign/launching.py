"""Starting a campaign: what it would do is said first, then somebody says yes, then it is followed."""

import sys
from dataclasses import dataclass
from uuid import uuid4

import typer
from temporalio.client import Client

from cli.campaign.following import followed
from cli.campaign.screen import as_facts, show_end, show_estimate
from cli.campaign.wish import Wish, selected
from cli.errors import CommandError
from cli.hints import command
from cli.meter import Meter
from cli.running import archive, engine
from cli.screen import Screen, note, show_json
from cli.tools import login_name
from contracts.campaign import CampaignInput, CampaignProgress, Estimate, Selection
from runtime.settings import Settings, load_settings
from workflows.answering import engine_errors
from workflows.campaigning import start_campaign


@dataclass(frozen=True)
class Manner:
    """How it is to be done."""

    rate: float
    dry_run: bool
    yes: bool
    as_json: bool


async def launch(wish: Wish, manner: Manner) -> None:
    """Say what a campaign would do, start it unless that was all, and follow it to its end.

    Raises:
        CommandError: what was asked for cannot be used, nobody says yes, or it did not come to its end.
        UnavailableError: the archive or the engine does not answer.
    """
    settings = load_settings()
    async with archive(settings) as pool:
        selection, title = await selected(wish, pool)
    campaign = asked_for(selection, title, manner.rate)
    client = await engine(settings)
    counted = await _counted(client, campaign)
    estimate = counted.estimate or Estimate()
    if not manner.as_json:
        show_estimate(title, estimate, manner.rate, Screen())
    if manner.dry_run or not estimate.posts:
        if manner.as_json:
            show_json(as_facts(counted))
        return
    _agreed(manner)
    ended = await _run(client, campaign, settings)
    show_json(as_facts(ended)) if manner.as_json else show_end(ended, Screen())


def asked_for(selection: Selection, title: str, rate: float) -> CampaignInput:
    """Return what a new campaign starts with; whoever is logged in has asked for it."""
    return CampaignInput(
        campaign_id=uuid4().hex, selection=selection, per_second=rate, title=title, by=login_name()
    )


async def _counted(client: Client, campaign: CampaignInput) -> CampaignProgress:
    """Count the posts with the versions of the service, which only it knows."""
    handle = await start_campaign(client, campaign.model_copy(update={"dry_run": True}))
    with Meter("counting the posts"), engine_errors():
        return await handle.result()


def _agreed(manner: Manner) -> None:
    """Ask whether to go on.

    Raises:
        CommandError: nobody says yes.
    """
    if manner.yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("nobody can be asked here: say --yes to start it, or --dry-run to count only", 2)
    if not typer.confirm("Start it?", err=True):
        raise CommandError("nothing was started")


async def _run(client: Client, campaign: CampaignInput, settings: Settings) -> CampaignProgress:
    await start_campaign(client, campaign)
    ours, id = command(settings.data_dir), campaign.campaign_id[:8]
    note(
        f"Campaign {id} runs in the background. Ctrl-C stops following it; `{ours} campaign pause {id}` pauses it."
    )
    return await followed(client, campaign.workflow_id, settings)
