"""Every branch that a comparison of the archive with its stores can take, as recipes."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from temporalio.client import WorkflowHandle

from contracts.reconciling import ReconcileOrder
from tests.build import a_post
from tests.workflows.town import Town, within

Handle = WorkflowHandle[Any, Any]
LINK: Final = "https://example.org/a"


async def _reconciled(town: Town, **values: Any) -> Handle:
    order = ReconcileOrder.model_validate({"tenant_id": town.tenant, **values})
    await within((await town.start_reconcile(order)).result())
    return town.client.get_workflow_handle(order.workflow_id)


async def same(town: Town) -> Handle:
    await town.run(a_post(town.ref()))
    return await _reconciled(town)


async def lost_points(town: Town, *, apply: bool) -> Handle:
    await town.run(a_post(town.ref()))
    town.world.vectors.points.clear()
    return await _reconciled(town, apply=apply)


async def lost_pages(town: Town) -> Handle:
    await town.run(a_post(town.ref(), urls=(LINK,)))
    town.world.objects.lost.update(key for key in town.world.objects.kept if key.startswith("crawl/"))
    return await _reconciled(town, apply=True)


async def everybody(town: Town) -> Handle:
    """Each run of its own has a town of its own, so nobody else compares everything at the same time."""
    await town.run(a_post(town.ref()))
    return await _reconciled(town, tenant_id=None)


async def in_two_runs(town: Town) -> Handle:
    await town.run(a_post(town.ref()))
    town.world.vectors.points.clear()
    handle = await _reconciled(town, parts_per_run=4)
    last = await handle.describe()
    first = last.raw_description.workflow_execution_info.first_run_id
    return town.client.get_workflow_handle(handle.id, run_id=first)


RECONCILING: Final[dict[str, Callable[[Town], Awaitable[Handle]]]] = {
    "reconcile_same": same,
    "reconcile_differs": lambda town: lost_points(town, apply=False),
    "reconcile_repairs": lambda town: lost_points(town, apply=True),
    "reconcile_pages": lost_pages,
    "reconcile_everybody": everybody,
    "reconcile_in_two_runs": in_two_runs,
}
