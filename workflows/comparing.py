"""How a comparison of the archive with its stores is started, and how it learns who is at work."""

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import Priority, SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from contracts.reconciling import ReconcileOrder
from workflows import attributes
from workflows.queues import POST_QUEUE
from workflows.reconcile import ReconcileWorkflow
from workflows.starting import BACKFILL


async def start_reconcile(client: Client, order: ReconcileOrder) -> None:
    """Start comparing the archive with its stores.

    Raises:
        WorkflowAlreadyStartedError: the same is being compared right now.
    """
    tenant = str(order.tenant_id) if order.tenant_id else None
    pairs = [SearchAttributePair(attributes.STATE, attributes.ACTIVE)]
    if tenant:
        pairs.append(SearchAttributePair(attributes.TENANT, tenant))
    await client.start_workflow(
        ReconcileWorkflow.run,
        order,
        id=order.workflow_id,
        task_queue=POST_QUEUE,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        search_attributes=TypedSearchAttributes(pairs),
        static_summary=f"{'repair' if order.apply else 'compare'} the stores of {tenant or 'all tenants'}",
        priority=Priority(priority_key=BACKFILL),
    )


async def is_at_work(client: Client, workflow_id: str) -> bool:
    """Return whether the workflow is open and waits for no human."""
    try:
        run = await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    state = run.typed_search_attributes.get(attributes.STATE)
    return run.status is WorkflowExecutionStatus.RUNNING and state != attributes.NEEDS_HUMAN
