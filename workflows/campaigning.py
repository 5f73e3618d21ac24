"""How campaigns are started, and how they and the command line reach posts, whether these are open or have ended."""

from datetime import UTC, datetime
from typing import Any, Final

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.common import Priority, SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from contracts.campaign import CampaignInput, CampaignProgress, Selection, Standing
from contracts.post import PostInput, PostRef, PostResult, Refresh, Retag
from contracts.stages import Stage
from domain.campaigns import DRY_RUN, ESTIMATING
from workflows import attributes
from workflows.answering import engine_errors
from workflows.campaign import CampaignWorkflow
from workflows.post import PostWorkflow
from workflows.queues import POST_QUEUE
from workflows.starting import LIVE

#: After news and after history that is filled in.
CAMPAIGN: Final = 5

_OPEN_POSTS: Final = "WorkflowType='PostWorkflow' AND ExecutionStatus='Running' AND TgState='active'"


async def start_campaign(client: Client, campaign: CampaignInput) -> WorkflowHandle[Any, CampaignProgress]:
    """Start a campaign; return its handle.

    Raises:
        WorkflowAlreadyStartedError: one of that id runs.
        UnavailableError: the engine does not answer.
    """
    selection, began = campaign.selection, campaign.started_at or datetime.now(UTC)
    with engine_errors():
        return await client.start_workflow(
            CampaignWorkflow.run,
            campaign,
            id=campaign.workflow_id,
            task_queue=POST_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(attributes.TENANT, str(selection.tenant_id)),
                    SearchAttributePair(attributes.STATE, attributes.ACTIVE),
                    SearchAttributePair(attributes.STAGE, DRY_RUN if campaign.dry_run else ESTIMATING),
                ]
            ),
            static_summary=campaign.title or f"campaign {campaign.campaign_id}: {selection.kind}",
            memo={
                "title": campaign.title,
                "kind": selection.kind,
                "by": campaign.by,
                "began": began.isoformat(),
            },
            priority=Priority(fairness_key=selection.tenant_id.hex),
        )


async def retag_post(client: Client, ref: PostRef, retag: Retag) -> str:
    """Have the post tagged once more, also when its workflow has ended; return the id of the run that does it."""
    return await _reach(client, ref, "retag", retag, LIVE)


async def tell_post(client: Client, ref: PostRef, selection: Selection, campaign_id: str) -> None:
    """Tell a post, open or ended, what a campaign wants of it. The same campaign again changes nothing."""
    if selection.kind == "retag":
        await _reach(client, ref, "retag", Retag(event_id=campaign_id), CAMPAIGN)
    else:
        why = Refresh(reason=selection.kind, event_id=campaign_id)
        await _reach(client, ref, "refresh", why, CAMPAIGN)


async def standing_of(client: Client, workflow_id: str) -> Standing:
    """Return whether a post's workflow does something, is parked, or is not open at all.

    One that was signalled has a pending workflow task until it has looked at that, whatever its state says.
    """
    try:
        run = await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return Standing.AT_REST
    if run.status is not WorkflowExecutionStatus.RUNNING:
        return Standing.AT_REST
    is_parked = run.typed_search_attributes.get(attributes.STATE) in attributes.PARKED
    has_task = run.raw_description.HasField("pending_workflow_task")
    return Standing.PARKED if is_parked and not has_task else Standing.UNDER_WAY


async def open_posts(client: Client) -> int:
    """Return how many posts are open and not parked, whosever they are."""
    return (await client.count_workflows(_OPEN_POSTS)).count


async def _reach(client: Client, ref: PostRef, signal: str, what: Retag | Refresh, priority: int) -> str:
    handle: WorkflowHandle[Any, PostResult] = await client.start_workflow(
        PostWorkflow.run,
        PostInput(ref=ref),
        id=ref.workflow_id,
        task_queue=POST_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        start_signal=signal,
        start_signal_args=[what],
        search_attributes=attributes.at_start(
            str(ref.tenant_id), ref.tg_channel_id, Stage.PERSIST, ref.grouped_id
        ),
        static_summary=f"channel {ref.tg_channel_id}, message {ref.message_id}: {signal} ({what.event_id[:8]})",
        memo={"trace_id": ref.trace_id},
        priority=Priority(priority_key=priority, fairness_key=ref.tenant_id.hex),
    )
    return handle.result_run_id or ""
