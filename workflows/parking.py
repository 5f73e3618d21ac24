"""Parking: what cannot be done waits where people can see it, until somebody or something lets it go on."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.announcing import BridgeActivities
    from activities.parking import ParkingActivities
    from contracts.parking import Parked, Settled, Waiter
    from contracts.post import Decision, Problem
    from domain.decisions import GIVE_UP, objection
    from workflows import attributes, policies
    from workflows.failures import FAILURES

#: Before this, parks left no record; open workflows of that time go on so.
_RECORDED = "parks-are-recorded"


class ParkingPlace:
    """Where one workflow waits, each time that it is stuck, and where it hears what was decided."""

    def __init__(self, waiter: Waiter, actions: Sequence[str]) -> None:
        self._waiter, self._actions = waiter, actions
        self._count = 0
        self._refused = ""
        self._problems: tuple[Problem, ...] = ()
        self._decision: Decision | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is stuck now; nothing when the workflow is not parked."""
        return self._problems

    def check(self, decision: Decision) -> None:
        """Validate a decision that comes as an update.

        Raises:
            ValueError: why it cannot be taken, in a sentence.
        """
        if sentence := self._objection(decision):
            raise ValueError(sentence)

    def take(self, decision: Decision) -> str:
        """Take a decision that was checked; return what happens now."""
        self._decision = decision
        return f"{decision.action}: taken"

    def hear(self, decision: Decision) -> None:
        """Take a decision that comes as a signal; what cannot be taken is shown, and changes nothing."""
        if sentence := self._objection(decision):
            self._refuse(sentence)
        else:
            self._decision = decision

    async def wait(
        self, problems: tuple[Problem, ...], until: datetime, wake: Callable[[], bool]
    ) -> tuple[Parked, Decision | None]:
        """Say what is stuck and wait for a decision or ``wake``, at most until the deadline.

        Return the park, and the decision if there was one.

        Raises:
            ApplicationError: type ParkedTooLong, when the deadline passed; GivenUp, when somebody gave up.
        """
        park = self._begin(problems, until)
        self._show(problems)
        told = await self._told(park)
        try:
            await _woken(park, lambda: self._decision is not None or wake())
        except ApplicationError:
            await _ended(told)
            raise
        await _ended(told)
        decision, self._decision, self._problems = self._decision, None, ()
        if decision and decision.action == GIVE_UP:
            await _note_end(park, decision, "")
            raise _given_up(decision, problems)
        return park, decision

    def _begin(self, problems: tuple[Problem, ...], until: datetime) -> Parked:
        info = workflow.info()
        self._count += 1
        self._problems, self._refused = problems, ""
        return Parked(
            **self._waiter.model_dump(),
            workflow_id=info.workflow_id,
            run_id=info.run_id,
            number=self._count,
            problems=problems,
            since=workflow.now(),
            until=until,
        )

    def _objection(self, decision: Decision) -> str | None:
        return objection(decision, self._problems, self._actions, decided=self._decision is not None)

    def _refuse(self, sentence: str) -> None:
        self._refused = sentence
        if self._problems:
            workflow.set_current_details(_words(self._waiter.what, self._problems, sentence))

    def _show(self, problems: Sequence[Problem]) -> None:
        reason = attributes.STUCK_REASON.value_set(problems[0].reason)
        workflow.upsert_search_attributes([attributes.STATE.value_set(attributes.NEEDS_HUMAN), reason])
        workflow.set_current_details(_words(self._waiter.what, problems, self._refused))

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
    await _note_end(park, decision, woken_by)


async def _note_end(park: Parked, decision: Decision | None, woken_by: str) -> None:
    """Keep how the park ended."""
    if not workflow.patched(_RECORDED):
        return
    settled = Settled(parked=park, decision=decision, woken_by=woken_by)
    try:
        await workflow.execute_local_activity_method(ParkingActivities.settle_park, settled, **policies.NOTE)
    except FAILURES as error:
        workflow.logger.warning("end of a park not recorded", extra={"reason": str(error.cause or error)})


def _given_up(decision: Decision, problems: Sequence[Problem]) -> ApplicationError:
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
