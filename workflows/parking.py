"""Parking: what cannot be done waits where people can see it, until somebody or something lets it go on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from contracts.parking import Parked, Waiter
    from contracts.post import Decision, PostInput, Problem
    from domain.decisions import GIVE_UP, SKIP, objection, possible
    from workflows import attributes, park_records
    from workflows.hosting import Host

#: Posts always did; albums and channel pictures of before go on as they were.
_ONE_DEADLINE: Final = "one-deadline"
_CONTINUES: Final = "continues-as-new"
#: What came in the moment in which the wait ended still counts.
_LAST_MOMENT: Final = "the-last-moment"


class ParkingPlace:
    """Where one workflow waits, each time that it is stuck, and where it hears what was decided."""

    def __init__(self, waiter: Waiter, host: Host, seconds: float, until: datetime | None = None) -> None:
        self._waiter, self._host, self._seconds = waiter, host, seconds
        #: When the wait ends, counted from when it got stuck: a retry does not push it away.
        self.until = until
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

    def leave(self) -> None:
        """Know that nothing is stuck any more: the next wait has its own deadline."""
        self.until = None

    async def wait(self, problems: tuple[Problem, ...]) -> Decision | None:
        """Say what is stuck and wait for a decision or for something to come, at most until the deadline.

        Return the decision if there was one. What comes while an end is noted lets it go on, too.

        Raises:
            ApplicationError: type ParkedTooLong, when the deadline passed; GivenUp, when somebody gave up.
        """
        if not park_records.are_beside():
            problems = park_records.as_before(problems + await self._host.tell(), self._waiter.what)
        self._set_deadline()
        self._continue_as_new()
        park = self._begin(problems)
        self._show(problems)
        beside = await park_records.begin(park, self._host.tell)
        failure = await self._waited(park)
        await park_records.stop(beside)
        if self._decision and self._decision.action == GIVE_UP:
            await park_records.end(park, self._decision, "")
            failure = _given_up(self._decision, park)
        if failure:
            await self._fail(failure)
        return await self._go_on(park)

    def _set_deadline(self) -> None:
        if self.until is None or not self._as_posts_do(_ONE_DEADLINE):
            self.until = workflow.now() + timedelta(seconds=self._seconds)

    def _continue_as_new(self) -> None:
        """Wait in a new run where the history of this one is long."""
        is_long = workflow.info().is_continue_as_new_suggested() and not self._host.came()
        if is_long and self._as_posts_do(_CONTINUES):
            workflow.continue_as_new(self._host.next_run())

    def _as_posts_do(self, patch: str) -> bool:
        return self._waiter.what == "post" or workflow.patched(patch)

    def _begin(self, problems: tuple[Problem, ...]) -> Parked:
        info, now = workflow.info(), workflow.now()
        self._count += 1
        self._problems, self._refused = problems, ""
        return Parked(
            **self._waiter.model_dump(),
            workflow_id=info.workflow_id,
            run_id=info.run_id,
            number=self._count,
            problems=problems,
            since=now,
            until=self.until or now,
            unsaved=self._unsaved(),
        )

    def _unsaved(self) -> PostInput | None:
        """What of a post only this workflow has; a dead letter keeps it for longer than a history is kept."""
        given = self._host.next_run()
        return given if isinstance(given, PostInput) and (given.versions or given.deletion) else None

    async def _waited(self, park: Parked) -> ApplicationError | None:
        """Wait; return the failure that it ends with when nothing comes until the deadline."""
        reason = park.problems[0].reason
        left = max(park.until - workflow.now(), timedelta())
        try:
            await workflow.wait_condition(self._is_woken, timeout=left, timeout_summary=f"parked: {reason}")
        except TimeoutError:
            if self._is_woken() and workflow.patched(_LAST_MOMENT):
                return None
            return ApplicationError(f"parked too long: {reason}", type="ParkedTooLong")
        return None

    def _is_woken(self) -> bool:
        return self._decision is not None or bool(self._host.came())

    async def _fail(self, failure: ApplicationError) -> None:
        """Note that nobody works on it any more, and end with the failure unless something came meanwhile."""
        await self._host.failed(failure)
        goes_on = self._decision is not None and self._decision.action != GIVE_UP
        if not (goes_on or self._host.came()):
            raise failure
        self.leave()

    async def _go_on(self, park: Parked) -> Decision | None:
        """Say that it goes on, and keep who decided what."""
        decision, self._decision, self._problems = self._decision, None, ()
        came = self._host.came()
        workflow.set_current_details("")
        workflow.upsert_search_attributes(
            [attributes.STATE.value_set(attributes.ACTIVE), attributes.STUCK_REASON.value_unset()]
        )
        await park_records.end(park, decision, came)
        return decision

    def _objection(self, decision: Decision) -> str | None:
        return objection(decision, self._problems, decided=self._decision is not None)

    def _refuse(self, sentence: str) -> None:
        self._refused = sentence
        if self._problems:
            workflow.set_current_details(_words(self._waiter.what, self._problems, sentence))

    def _show(self, problems: Sequence[Problem]) -> None:
        reason = attributes.STUCK_REASON.value_set(problems[0].reason)
        workflow.upsert_search_attributes([attributes.STATE.value_set(attributes.NEEDS_HUMAN), reason])
        workflow.set_current_details(_words(self._waiter.what, problems, self._refused))


def _given_up(decision: Decision, park: Parked) -> ApplicationError:
    """Return the failure of what somebody gave up."""
    return ApplicationError(f"given up by {decision.by}: {park.problems[0].reason}", type="GivenUp")


def _words(what: str, problems: Sequence[Problem], refused: str) -> str:
    stuck = "\n".join(f"- `{problem.reason}`: {problem.message}" for problem in problems)
    skip = ', `{"action": "skip"}`' if SKIP in possible(problems) else ""
    said = f"\n\nA decision was not taken: {refused}." if refused else ""
    return (
        f'Send update or signal `resolve` with `{{"action": "retry"}}`{skip} or `{{"action": "give-up"}}`.\n\n'
        f"**This {what} is stuck:**\n{stuck}{said}"
    )
