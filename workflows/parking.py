"""Parking: what cannot be done waits where people can see it, until somebody or something lets it go on."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.announcing import BridgeActivities
    from activities.parking import ParkingActivities
    from contracts.parking import Parked, Settled
    from contracts.post import Decision, Problem
    from workflows import attributes, policies
    from workflows.failures import FAILURES

#: Before this, parks left no record; open workflows of that time go on so.
_RECORDED = "parks-are-recorded"


class ParkingPlace:
    """Where one workflow waits, each time that it is stuck."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._count = 0
        self._refused = ""
        self._problems: tuple[Problem, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is stuck now; nothing when the workflow is not parked."""
        return self._problems

    async def wait(self, park: Parked, wake: Callable[[], bool]) -> Parked:
        """Say what is stuck and wait for ``wake``, at most until the deadline; return the park, numbered.

        Raises:
            ApplicationError: type ParkedTooLong, when the deadline passed.
        """
        self._count += 1
        self._problems, self._refused = park.problems, ""
        park = park.model_copy(update={"number": self._count, "what": self._what})
        self._show(park.problems)
        told = await self._told(park)
        try:
            await _woken(park, wake)
        except ApplicationError:
            await _ended(told)
            raise
        await _ended(told)
        self._problems = ()
        return park

    def refuse(self, sentence: str) -> None:
        """Show why a decision that came as a signal was not taken."""
        self._refused = sentence
        if self._problems:
            workflow.set_current_details(_words(self._what, self._problems, sentence))

    def _show(self, problems: Sequence[Problem]) -> None:
        reason = attributes.STUCK_REASON.value_set(problems[0].reason)
        workflow.upsert_search_attributes([attributes.STATE.value_set(attributes.NEEDS_HUMAN), reason])
        workflow.set_current_details(_words(self._what, problems, self._refused))

    async def _told(self, park: Parked) -> asyncio.Task[None] | None:
        """Keep the park; its dead letter is told while the workflow waits. None where nothing can be told."""
        if not workflow.patched(_RECORDED):
            return None
        try:
            await workflow.execute_local_activity_method(ParkingActivities.record_park, park, **policies.NOTE)
        except FAILURES as error:
            workflow.logger.warning("park not recorded", extra={"reason": str(error.cause or error)})
            return None
        return asyncio.create_task(_tell(park))


async def settle(park: Parked, decision: Decision | None, woken_by: str) -> None:
    """Say that it goes on, and keep who decided what."""
    workflow.set_current_details("")
    workflow.upsert_search_attributes(
        [attributes.STATE.value_set(attributes.ACTIVE), attributes.STUCK_REASON.value_unset()]
    )
    await note_end(park, decision, woken_by)


async def note_end(park: Parked, decision: Decision | None, woken_by: str) -> None:
    """Keep how the park ended."""
    if not workflow.patched(_RECORDED):
        return
    settled = Settled(parked=park, decision=decision, woken_by=woken_by)
    try:
        await workflow.execute_local_activity_method(ParkingActivities.settle_park, settled, **policies.NOTE)
    except FAILURES as error:
        workflow.logger.warning("end of a park not recorded", extra={"reason": str(error.cause or error)})


def given_up(decision: Decision, problems: Sequence[Problem]) -> ApplicationError:
    """Return the failure of what somebody gave up."""
    return ApplicationError(f"given up by {decision.by}: {problems[0].reason}", type="GivenUp")


async def _tell(park: Parked) -> None:
    policy = policies.named(policies.ANNOUNCE, "announce dead letter")
    await workflow.execute_activity_method(BridgeActivities.announce, park.workflow_id, **policy)


async def _ended(told: asyncio.Task[None] | None) -> None:
    """Tell no more: what was not told by now is withdrawn."""
    if told:
        told.cancel()
        await asyncio.gather(told, return_exceptions=True)


async def _woken(park: Parked, wake: Callable[[], bool]) -> None:
    reason = park.problems[0].reason
    left = max(park.until - workflow.now(), timedelta())
    try:
        await workflow.wait_condition(wake, timeout=left, timeout_summary=f"parked: {reason}")
    except TimeoutError as error:
        raise ApplicationError(f"parked too long: {reason}", type="ParkedTooLong") from error


def _words(what: str, problems: Sequence[Problem], refused: str) -> str:
    stuck = "\n".join(f"- `{problem.reason}`: {problem.message}" for problem in problems)
    skip = ', `{"action": "skip"}`' if what == "post" else ""
    said = f"\n\nA decision was not taken: {refused}." if refused else ""
    return (
        f'Send update or signal `resolve` with `{{"action": "retry"}}`{skip} or `{{"action": "give-up"}}`.\n\n'
        f"**This {what} is stuck:**\n{stuck}{said}"
    )
