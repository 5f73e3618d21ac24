"""Starting the comparison on the running service, and following it."""

import asyncio
from dataclasses import dataclass
from typing import Final

from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError

from adapters.postgres.door import Directory
from cli.errors import CommandError
from cli.meter import Meter
from cli.reconcile.screen import show_result, words_of
from cli.running import archive, engine, needed, reach
from cli.screen import Screen, show_json
from contracts.errors import RejectedError, UnavailableError
from contracts.reconciling import ReconcileOrder, ReconcileProgress, ReconcileResult
from runtime.settings import Settings, load_settings
from workers.searching import chosen
from workflows.answering import asked, engine_errors
from workflows.comparing import start_reconcile
from workflows.reconcile import ReconcileWorkflow

#: Seconds between two looks at how far it is; seconds that the first may take.
EVERY: Final = 0.5
PATIENCE: Final = 15.0

Handle = WorkflowHandle[ReconcileWorkflow, ReconcileResult]


@dataclass(frozen=True)
class Wish:
    """Whose stores to compare (None: everybody's), and whether to repair them."""

    tenant: str | None
    apply: bool


async def reconcile_and_show(wish: Wish, *, as_json: bool) -> int:
    """Compare and show what differs; return 0 when nothing does, or all of it was repaired, else 1.

    Raises:
        CommandError: no service runs, there is no such tenant, or the comparison failed.
        UnavailableError: the service or its engine does not answer.
    """
    settings = load_settings()
    needed(reach(settings).http, settings)
    order = await _order(wish, settings)
    client = await engine(settings)
    result = await _followed(await _handle(client, order))
    if as_json:
        show_json({"tenant": wish.tenant, **result.model_dump(mode="json")})
    else:
        show_result(result, Screen())
    return 1 if result.state == "differs" else 0


async def _order(wish: Wish, settings: Settings) -> ReconcileOrder:
    if wish.tenant is None:
        return ReconcileOrder(apply=wish.apply)
    async with archive(settings) as pool:
        try:
            tenant = chosen(await Directory(pool).tenants(), wish.tenant)
        except RejectedError as error:
            raise CommandError(str(error), 2) from error
    return ReconcileOrder(tenant_id=tenant.id, apply=wish.apply)


async def _handle(client: Client, order: ReconcileOrder) -> Handle:
    """Start it, or find the one that goes on already.

    Raises:
        CommandError: what goes on only compares, and repairing was asked for, or the other way round.
    """
    handle: Handle = client.get_workflow_handle_for(ReconcileWorkflow.run, order.workflow_id)
    try:
        await start_reconcile(client, order)
    except WorkflowAlreadyStartedError as error:
        if (await asked(handle.query(ReconcileWorkflow.progress), PATIENCE)).apply != order.apply:
            other = "without --apply" if order.apply else "with --apply"
            raise CommandError(
                f"another `reconcile` goes on, {other}: wait for its end, then ask again"
            ) from error
    return handle


async def _followed(handle: Handle) -> ReconcileResult:
    ending = asyncio.create_task(handle.result())
    with Meter("comparing") as meter:
        while not (await asyncio.wait({ending}, timeout=EVERY))[0]:
            if progress := await _progress(handle):
                walk = progress.walk
                meter.show(min(walk.looked, walk.total), walk.total, words_of(progress))
    try:
        with engine_errors():
            return ending.result()
    except WorkflowFailureError as error:
        raise CommandError(f"the comparison failed: {_why(error)}; mend that and ask again") from error


async def _progress(handle: Handle) -> ReconcileProgress | None:
    """Return how far it is; nothing while nobody can say."""
    try:
        return await asked(handle.query(ReconcileWorkflow.progress), EVERY * 4)
    except UnavailableError:
        return None


def _why(error: WorkflowFailureError) -> str:
    cause = error.cause
    while isinstance(cause, ActivityError) and cause.cause is not None:
        cause = cause.cause
    return str(cause)
