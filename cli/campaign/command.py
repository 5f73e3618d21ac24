"""``postloom campaign``: what is done to many posts in the background."""

import asyncio
from typing import Annotated

import typer

app = typer.Typer(
    help="Posts that are tagged again or brought up to date in the background; `postloom retag --tenant` starts one.",
    no_args_is_help=True,
)

Id = Annotated[str, typer.Argument(help="Its id, or how that begins.")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON.")]
Tenant = Annotated[str, typer.Option(help="Whose posts: a name or an id.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Rate = Annotated[float, typer.Option(help="Posts per second at most.", min=0.01, max=1000)]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the campaigns that the workflow engine remembers, the latest first."""
    from cli.campaign.managing import list_campaigns

    asyncio.run(list_campaigns(as_json=as_json))


@app.command("show")
def show(
    campaign: Id,
    follow: Annotated[bool, typer.Option("--follow", help="Follow it to its end.")] = False,
    as_json: Json = False,
) -> None:
    """Show how far a campaign is."""
    from cli.campaign.managing import show_campaign

    asyncio.run(show_campaign(campaign, follow=follow, as_json=as_json))


@app.command("pause")
def pause(campaign: Id, as_json: Json = False) -> None:
    """Tell no more posts for now; those that were told go on."""
    _say(campaign, "pause", as_json)


@app.command("resume")
def resume(campaign: Id, as_json: Json = False) -> None:
    """Go on where it was paused."""
    _say(campaign, "resume", as_json)


@app.command("cancel")
def cancel(campaign: Id, as_json: Json = False) -> None:
    """End a campaign; what is done stays done."""
    _say(campaign, "cancel", as_json)


@app.command("rate")
def rate(
    campaign: Id,
    per_second: Annotated[float, typer.Argument(help="Posts per second.", min=0.01, max=1000)],
    as_json: Json = False,
) -> None:
    """Change how many posts a second it may tell."""
    from cli.campaign.managing import set_rate

    asyncio.run(set_rate(campaign, per_second, as_json=as_json))


@app.command("stale")
def stale(
    tenant: Tenant, dry_run: DryRun = False, rate: Rate = 5, yes: Yes = False, as_json: Json = False
) -> None:
    """Bring up to date every post of which a stage is stale, after a change of a model or a policy."""
    _start(tenant, "stale", rate, dry_run=dry_run, yes=yes, as_json=as_json)


@app.command("unfinished")
def unfinished(
    tenant: Tenant, dry_run: DryRun = False, rate: Rate = 5, yes: Yes = False, as_json: Json = False
) -> None:
    """Go on with every post that the archive holds for unfinished, those among them that are parked too."""
    _start(tenant, "unfinished", rate, dry_run=dry_run, yes=yes, as_json=as_json)


def _say(campaign: str, what: str, as_json: bool) -> None:
    from cli.campaign.managing import say

    asyncio.run(say(campaign, what, as_json=as_json))


def _start(tenant: str, kind: str, rate: float, *, dry_run: bool, yes: bool, as_json: bool) -> None:
    from cli.campaign.launching import Manner, launch
    from cli.campaign.wish import Wish

    asyncio.run(launch(Wish(tenant, kind), Manner(rate, dry_run=dry_run, yes=yes, as_json=as_json)))
