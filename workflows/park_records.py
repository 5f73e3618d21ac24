"""The record of parks and their dead letters, as workflows keep it: beside the wait, which waits for no record."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.announcing import BridgeActivities
    from activities.parking import ParkingActivities
    from contracts.parking import Parked, Settled
    from contracts.post import Decision, Problem
    from workflows import policies
    from workflows.failures import FAILURES

#: Before this, parks left no record; and then a wait began only when its record was kept and all was told.
_RECORDED: Final = "parks-are-recorded"
_BESIDE: Final = "parks-are-recorded-beside"

Tell = Callable[[], Awaitable[Any]]


def are_beside() -> bool:
    """Whether parks of this run are shown first, and recorded and told of while they last."""
    return workflow.patched(_BESIDE)


def as_before(problems: tuple[Problem, ...], what: str) -> tuple[Problem, ...]:
    """Return problems of which a decision may leave out any, as it was before: what was taken stays taken."""
    return tuple(problem.model_copy(update={"optional": what == "post"}) for problem in problems)


async def begin(park: Parked, tell: Tell) -> asyncio.Task[Any] | None:
    """Keep the park and tell its dead letter, and with ``tell`` what else is to be told, while the workflow waits.

    A dead letter means that somebody has to look: what goes on by itself has none. A park that lasts is kept anew.
    """
    if are_beside():
        return asyncio.create_task(_beside(park, tell))
    return await _recorded_first(park)


async def stop(beside: asyncio.Task[Any] | None) -> None:
    """Record and tell no more: what was not told by now is withdrawn with the end."""
    if beside:
        beside.cancel()
        await asyncio.gather(beside, return_exceptions=True)


async def end(park: Parked, decision: Decision | None, woken_by: str) -> None:
    """Keep how the park ended, and withdraw its letter."""
    if not (are_beside() or workflow.patched(_RECORDED)):
        return
    settled = Settled(parked=park, decision=decision, woken_by=woken_by)
    try:
        await workflow.execute_local_activity_method(ParkingActivities.settle_park, settled, **policies.NOTE)
    except FAILURES as error:
        workflow.logger.warning("end of a park not recorded", extra={"reason": str(error.cause or error)})


async def _beside(park: Parked, tell: Tell) -> None:
    await asyncio.gather(_keep(park), tell(), return_exceptions=True)


async def _keep(park: Parked) -> None:
    policy = policies.named(policies.KEEP, "record park")
    await workflow.execute_activity_method(ParkingActivities.record_park, park, **policy)
    if not park.is_deferred:
        await _announce(park)


async def _announce(park: Parked) -> None:
    policy = policies.named(policies.ANNOUNCE, "announce dead letter")
    await workflow.execute_activity_method(BridgeActivities.announce, park.workflow_id, **policy)


async def _recorded_first(park: Parked) -> asyncio.Task[Any] | None:
    """As it was before: the record first, or none, and then the wait."""
    if not workflow.patched(_RECORDED):
        return None
    try:
        await workflow.execute_local_activity_method(ParkingActivities.record_park, park, **policies.NOTE)
    except FAILURES as error:
        workflow.logger.warning("park not recorded", extra={"reason": str(error.cause or error)})
        return None
    return asyncio.create_task(_announce(park))
