"""How many workflows are open, by kind and by what they say of themselves."""

import asyncio
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError

from contracts.errors import UnavailableError
from workflows import attributes

KINDS: Final = ("PostWorkflow", "AlbumWorkflow", "ChannelPhotoWorkflow")
STATES: Final = (attributes.ACTIVE, attributes.WAITING, attributes.NEEDS_HUMAN)


async def open_workflows(client: Client, tenant: str | None = None) -> dict[str, dict[str, int]]:
    """Return the numbers by workflow and TgState; ``other`` is what has ended its work but is still open.

    Raises:
        UnavailableError: the engine does not answer.
    """
    own = f" AND TgTenant='{tenant}'" if tenant else ""
    return {
        kind: await _states(client, f"WorkflowType='{kind}' AND ExecutionStatus='Running'{own}")
        for kind in KINDS
    }


async def stuck(client: Client, tenant: str | None = None) -> dict[str, str]:
    """Return the workflows that wait for a human, up to a thousand, each with its reason. Raises as above."""
    own = f" AND TgTenant='{tenant}'" if tenant else ""
    which = f"TgState='{attributes.NEEDS_HUMAN}' AND ExecutionStatus='Running'{own}"
    try:
        runs = [run async for run in client.list_workflows(which, limit=1000)]
    except RPCError as error:
        raise UnavailableError(f"Temporal does not answer: {error.message}") from error
    return {run.id: run.typed_search_attributes.get(attributes.STUCK_REASON) or "unknown" for run in runs}


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
