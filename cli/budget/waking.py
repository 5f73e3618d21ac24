"""Telling those who wait for a budget that there is room in it again."""

import asyncio
from uuid import UUID

from temporalio.client import Client
from temporalio.service import RPCError

from contracts.errors import BudgetExhaustedError, UnavailableError
from contracts.post import Decision
from domain.decisions import RETRY
from domain.spending import PAID
from workflows.deciding import ClosedError, tell

#: Signals on their way at the same time.
AT_ONCE = 20


async def wake(client: Client, tenant_id: UUID, stage: str, by: str) -> int:
    """Have those go on that wait for a budget of the tenant: of a stage, or of any (``stage`` is empty).

    Returns how many were told. What goes on by itself meanwhile is not told; what finds no room waits again.

    Raises:
        UnavailableError: the engine does not answer; some may have been told.
    """
    waiting = await _waiting(client, tenant_id, (stage,) if stage else PAID)
    decision = Decision(action=RETRY, by=by, note="the budget was set")
    told = 0
    for first in range(0, len(waiting), AT_ONCE):
        some = waiting[first : first + AT_ONCE]
        told += sum(await asyncio.gather(*(_tell(client, id, decision) for id in some)))
    return told


async def _waiting(client: Client, tenant_id: UUID, stages: "tuple[str, ...]") -> list[str]:
    reasons = " OR ".join(f"TgStuckReason='{stage}:{BudgetExhaustedError.__name__}'" for stage in stages)
    query = f"TgTenant='{tenant_id}' AND ExecutionStatus='Running' AND ({reasons})"
    try:
        return [run.id async for run in client.list_workflows(query)]
    except RPCError as error:
        raise UnavailableError(f"Temporal does not answer: {error.message}") from error


async def _tell(client: Client, workflow_id: str, decision: Decision) -> bool:
    try:
        await tell(client, workflow_id, decision)
    except ClosedError:
        return False
    return True
