"""The campaigns that the workflow engine knows: listing, showing, pausing, resuming, ending them."""

from collections.abc import Sequence
from typing import Any, Final

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from adapters.postgres.door import Directory
from cli.campaign.following import followed, progress_of
from cli.campaign.screen import as_facts, show_list, show_progress
from cli.errors import CommandError
from cli.running import archive, engine
from cli.screen import Screen, show_json
from contracts.campaign import CampaignRate
from contracts.errors import UnavailableError
from domain.campaigns import DRY_RUN, words
from runtime.settings import Settings, load_settings
from workflows import attributes
from workflows.answering import engine_errors

Facts = dict[str, Any]

#: Those that only counted are none; of one that went on in another run, the last run is it.
_ALL: Final = (
    f"WorkflowType='CampaignWorkflow' AND TgStage!='{DRY_RUN}' AND ExecutionStatus!='ContinuedAsNew'"
)


async def list_campaigns(*, as_json: bool) -> None:
    """Show all campaigns, the latest first."""
    settings = load_settings()
    rows = await _campaigns(await engine(settings), await _tenants(settings))
    show_json(rows) if as_json else show_list(rows, Screen())


async def show_campaign(wanted: str, *, follow: bool, as_json: bool) -> None:
    """Show one campaign; with ``follow`` when it has ended.

    Raises:
        CommandError: there is no such campaign, or several.
    """
    settings = load_settings()
    client, tenants = await engine(settings), await _tenants(settings)
    row = await _found(client, tenants, wanted)
    look = (
        followed(client, row["workflow_id"], settings) if follow else progress_of(client, row["workflow_id"])
    )
    seen = await look
    show_json(as_facts(seen)) if as_json else show_progress(seen, row["tenant"], Screen())


async def say(wanted: str, signal: str, *, as_json: bool) -> None:
    """Pause, resume or cancel a campaign, and say where that leaves it. Raises as ``show_campaign``."""
    await _tell(wanted, signal, (), as_json=as_json)


async def set_rate(wanted: str, per_second: float, *, as_json: bool) -> None:
    """Change the rate of a campaign. Raises as ``show_campaign``."""
    await _tell(wanted, "set_rate", (CampaignRate(per_second=per_second),), as_json=as_json)


async def _tell(wanted: str, signal: str, values: Sequence[CampaignRate], *, as_json: bool) -> None:
    settings = load_settings()
    client = await engine(settings)
    row = await _found(client, await _tenants(settings), wanted)
    try:
        await client.get_workflow_handle(row["workflow_id"]).signal(signal, args=list(values))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise CommandError(f"campaign {row['campaign_id'][:8]} has ended: {row['state']}") from error
        raise UnavailableError(f"Temporal does not answer: {error.message}") from error
    seen = await progress_of(client, row["workflow_id"])
    if as_json:
        show_json(as_facts(seen))
        return
    Screen().line(f"campaign {seen.campaign_id[:8]}: {seen.state}, at most {seen.per_second:g} posts/s")
    Screen().line(f"  {words(seen)}")


async def _found(client: Client, tenants: dict[str, str], wanted: str) -> Facts:
    """Return the campaign that is meant: by its id, the beginning of that, or its workflow's id."""
    begin = wanted.strip().rpartition(":")[2]
    rows = [row for row in await _campaigns(client, tenants) if row["campaign_id"].startswith(begin)]
    if len(rows) == 1 and begin:
        return rows[0]
    if not rows:
        raise CommandError(
            f"there is no campaign {wanted}; `postloom campaign list` shows those that are known"
        )
    ids = ", ".join(row["campaign_id"][:12] for row in rows[:5])
    raise CommandError(f"{wanted!r} may be one of {len(rows)} campaigns ({ids}): write more of the id", 2)


async def _campaigns(client: Client, tenants: dict[str, str]) -> list[Facts]:
    with engine_errors():
        rows = [await _row(run, tenants) async for run in client.list_workflows(_ALL)]
    return sorted(rows, key=lambda row: str(row["began"]), reverse=True)


async def _row(run: WorkflowExecution, tenants: dict[str, str]) -> Facts:
    _, tenant_id, campaign_id = run.id.split(":", 2)
    known, memo = run.typed_search_attributes, await run.memo()
    shown = known.get(attributes.STATE) or ""
    ended_itself = shown in {attributes.DONE, attributes.STOPPED}
    open_now = run.status is WorkflowExecutionStatus.RUNNING
    status = run.status.name.lower() if run.status else "unknown"
    return {
        "campaign_id": campaign_id,
        "tenant": tenants.get(tenant_id, tenant_id),
        "tenant_id": tenant_id,
        "state": shown if open_now or ended_itself else status,
        "posts": known.get(attributes.STAGE),
        "kind": memo.get("kind"),
        "title": memo.get("title") or "",
        "by": memo.get("by"),
        "began": memo.get("began") or run.start_time.isoformat(),
        "workflow_id": run.id,
    }


async def _tenants(settings: Settings) -> dict[str, str]:
    async with archive(settings) as pool:
        return {str(tenant.id): tenant.name for tenant in await Directory(pool).tenants()}
