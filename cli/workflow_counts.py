"""How many workflows are open, by kind and by what they say of themselves."""

import asyncio
from collections import Counter
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError

from contracts.errors import UnavailableError
from workflows import attributes

KINDS: Final = ("PostWorkflow", "AlbumWorkflow", "ChannelPhotoWorkflow")
STATES: Final = (attributes.ACTIVE, attributes.WAITING, *attributes.PARKED)
#: So many are named at most; of more only their reasons, each counted by the engine.
_NAMED: Final = 1000


async def open_workflows(client: Client, tenant: str | None = None) -> dict[str, dict[str, int]]:
    """Return the numbers by workflow and TgState; ``other`` is what has ended its work but is still open.

    Raises:
        UnavailableError: the engine does not answer.
    """
    own = f" AND TgTenant='{tenant}'" if tenant else ""
    which = [f"WorkflowType='{kind}' AND ExecutionStatus='Running'{own}" for kind in KINDS]
    found = await asyncio.gather(*(_states(client, query) for query in which))
    return dict(zip(KINDS, found, strict=True))


async def parked(client: Client, tenant: str | None = None) -> dict[str, str]:
    """Return the workflows that are parked, up to a thousand of each state, each with its reason. Raises as above."""
    each = await asyncio.gather(*(_named(client, state, tenant) for state in attributes.PARKED))
    return {id: reason for found in each for id, reason in found.items()}


async def parked_by_reason(client: Client, state: str) -> dict[str, int]:
    """Return how many are parked in that state, for each reason. Raises as above."""
    named = await _named(client, state, None)
    reasons = Counter(named.values())
    if len(named) < _NAMED:
        return dict(reasons)
    which = [f"{_parked(state, None)} AND {attributes.STUCK_REASON.name}='{reason}'" for reason in reasons]
    try:
        counted = await asyncio.gather(*map(client.count_workflows, which))
    except RPCError as error:
        raise UnavailableError(f"Temporal does not answer: {error.message}") from error
    return {reason: answer.count for reason, answer in zip(reasons, counted, strict=True)}


async def _named(client: Client, state: str, tenant: str | None) -> dict[str, str]:
    try:
        runs = [run async for run in client.list_workflows(_parked(state, tenant), limit=_NAMED)]
    except RPCError as error:
        raise UnavailableError(f"Temporal does not answer: {error.message}") from error
    return {run.id: run.typed_search_attributes.get(attributes.STUCK_REASON) or "unknown" for run in runs}


def _parked(state: str, tenant: str | None) -> str:
    own = f" AND TgTenant='{tenant}'" if tenant else ""
    return f"TgState='{state}' AND ExecutionStatus='Running'{own}"


async def _states(client: Client, which: str) -> dict[str, int]:
    wanted = [which, *(f"{which} AND TgState='{state}'" for state in STATES)]
    try:
        everything, *named = [
            answer.count for answer in await asyncio.gather(*map(client.count_workflows, wanted))
        ]
    except RPCError as error:
        raise UnavailableError(f"Temporal does not answer: {error.message}") from error
    counts = dict(zip(STATES, named, strict=True))
    counts["other"] = max(0, everything - sum(named))
    return {state: count for state, count in counts.items() if count}
