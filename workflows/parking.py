"""Parking: what cannot be done waits where people can see it, until somebody, something or its moment lets it go on."""

from datetime import timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from contracts.parking import BY_ITSELF, CONTINUED, Parked, Waiter
    from contracts.patience import Patience
    from contracts.post import Decision, Problem
    from domain import deferring
    from domain.decisions import GIVE_UP, objection
    from domain.parking_words import details
    from workflows import attributes, park_records
    from workflows.hosting import Host
    from workflows.parks import moments, new_park, unsaved_of

#: Posts always did; albums and channel pictures of before go on as they were.
_ONE_DEADLINE: Final = "one-deadline"
_CONTINUES: Final = "continues-as-new"
#: What came in the moment in which the wait ended still counts.
_LAST_MOMENT: Final = "the-last-moment"


class ParkingPlace:
    """Where one workflow waits, each time that it is stuck, and where it hears what was decided.

    What goes on by itself stays parked while it is tried again: lists say that it waits until it is done, and what is
    only tried takes no room from what is worked at.
    """

    def __init__(self, waiter: Waiter, host: Host, patience: Patience) -> None:
        self._waiter, self._host, self._patience = waiter, host, patience
        #: When the wait for a human ends, counted from when one was needed: a retry does not push it away.
        self.until = patience.until
        self._since = patience.since
        self._count = 0
        self._refused = ""
        self._park: Parked | None = None
        self._decision: Decision | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is stuck now; nothing when the workflow is not parked."""
        return self._park.problems if self._park else ()

    def carried(self) -> dict[str, object]:
        """Return what the input of the workflow's next run has of the wait."""
        since = self._park.since if self._park else self._since
        how_long = {"park_seconds": self._patience.park_seconds, "rest_seconds": self._patience.rest_seconds}
        return {**how_long, "parked_until": self.until, "parked_since": since}

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

    async def leave(self) -> None:
        """Know that nothing is stuck any more: what was parked went on by itself, and the deadline is none."""
        if self._park:
            await self._go_on(self._park, BY_ITSELF)
        self.until = None

    async def wait(self, problems: tuple[Problem, ...]) -> Decision | None:
        """Say what is stuck and wait: for a decision, for something to come, or until it is worth another try.

        Return the decision if there was one. Where a human is needed it waits no longer than the deadline. What comes
        while an end is noted lets it go on, too. After its own moment it is still parked: ``wait`` again, or ``leave``.

        Raises:
            ApplicationError: type ParkedTooLong, when the deadline passed; GivenUp, when somebody gave up.
        """
        if not park_records.are_beside():
            problems = park_records.as_before(problems + await self._host.tell(), self._waiter.what)
        self._set_deadline(problems)
        await self._continue_as_new()
        park = await self._stand(deferring.in_order(problems))
        beside = await park_records.begin(park, self._host.tell)
        failure = await self._waited(park)
        await park_records.stop(beside)
        if self._decision and self._decision.action == GIVE_UP:
            await park_records.end(park, self._decision, "")
            failure = _given_up(self._decision, park)
        if failure:
            await self._fail(failure)
        elif not self._is_woken():
            return None
        return await self._go_on(park, self._host.came())

    def _set_deadline(self, problems: tuple[Problem, ...]) -> None:
        if not deferring.need_human(problems):
            self.until = None
        elif self.until is None or not self._as_posts_do(_ONE_DEADLINE):
            self.until = workflow.now() + timedelta(seconds=self._patience.park_seconds)

    async def _continue_as_new(self) -> None:
        """Wait in a new run where the history of this one is long, unless something comes meanwhile."""
        if self._is_long_and_quiet() and self._park:
            self._since = self._park.since
            await self._go_on(self._park, CONTINUED)
        if self._is_long_and_quiet():
            workflow.continue_as_new(self._host.next_run())

    def _is_long_and_quiet(self) -> bool:
        is_quiet = not self._is_woken()
        return workflow.info().is_continue_as_new_suggested() and is_quiet and self._as_posts_do(_CONTINUES)

    def _as_posts_do(self, patch: str) -> bool:
        return self._waiter.what == "post" or workflow.patched(patch)

    async def _stand(self, problems: tuple[Problem, ...]) -> Parked:
        """Return the park, a new one or the one that was tried in vain; what was decided meanwhile counts if it can."""
        decision, self._decision = self._decision, None
        now = moments(problems, self.until, self._patience.rest_seconds)
        if (known := self._park) and deferring.are_the_same(known.problems, problems):
            park = known.model_copy(update={**now, "tries": known.tries + 1})
        else:
            if known:
                await park_records.end(known, None, BY_ITSELF)
            park = self._begin(now)
        self._park, self._refused = park, ""
        self._show_details()
        if decision:
            self.hear(decision)
        return park

    def _begin(self, now: dict[str, object]) -> Parked:
        self._count += 1
        since, self._since = self._since or workflow.now(), None
        unsaved = unsaved_of(self._host.next_run())
        park = new_park(self._waiter, self._count, {**now, "since": since, "unsaved": unsaved})
        state = attributes.DEFERRED if park.is_deferred else attributes.NEEDS_HUMAN
        reason = attributes.STUCK_REASON.value_set(park.problems[0].reason)
        workflow.upsert_search_attributes([attributes.STATE.value_set(state), reason])
        return park

    async def _waited(self, park: Parked) -> ApplicationError | None:
        """Wait; return the failure that it ends with when nothing comes until the deadline."""
        due, reason = park.goes_on_at, park.problems[0].reason
        own = due if due and (park.is_deferred or due < park.until) else None
        left = max((own or park.until) - workflow.now(), timedelta())
        summary = f"goes on by itself: {park.own_reason}" if own else f"parked: {reason}"
        try:
            await workflow.wait_condition(self._is_woken, timeout=left, timeout_summary=summary)
        except TimeoutError:
            if own or (self._is_woken() and workflow.patched(_LAST_MOMENT)):
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
        self.until = None

    async def _go_on(self, park: Parked, came: str) -> Decision | None:
        """Say that it goes on, and keep who decided what."""
        decision, self._decision, self._park = self._decision, None, None
        workflow.set_current_details("")
        workflow.upsert_search_attributes(
            [attributes.STATE.value_set(attributes.ACTIVE), attributes.STUCK_REASON.value_unset()]
        )
        await park_records.end(park, decision, came)
        return decision

    def _objection(self, decision: Decision) -> str | None:
        return objection(decision, self.problems, decided=self._decision is not None)

    def _refuse(self, sentence: str) -> None:
        self._refused = sentence
        self._show_details()

    def _show_details(self) -> None:
        if self._park:
            workflow.set_current_details(details(self._park, workflow.now(), self._refused))


def _given_up(decision: Decision, park: Parked) -> ApplicationError:
    """Return the failure of what somebody gave up."""
    return ApplicationError(f"given up by {decision.by}: {park.problems[0].reason}", type="GivenUp")
