"""How a comparison of the archive with its stores is started."""

from temporalio.client import Client
from temporalio.common import Priority, SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy

from contracts.reconciling import ReconcileOrder
from workflows import attributes
from workflows.answering import engine_errors
from workflows.queues import POST_QUEUE
from workflows.reconcile import ReconcileWorkflow
from workflows.starting import BACKFILL


async def start_reconcile(client: Client, order: ReconcileOrder) -> None:
    """Start comparing the archive with its stores.

    Raises:
        WorkflowAlreadyStartedError: the same is being compared right now.
        UnavailableError: the engine does not answer.
    """
    tenant = str(order.tenant_id) if order.tenant_id else None
    pairs = [SearchAttributePair(attributes.STATE, attributes.ACTIVE)]
    if tenant:
        pairs.append(SearchAttributePair(attributes.TENANT, tenant))
    with engine_errors():
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
