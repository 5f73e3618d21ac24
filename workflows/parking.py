"""Parking: what cannot be done waits where people can see it, until somebody or something lets it go on."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from contracts.post import Decision, Problem
    from workflows import attributes


async def park(what: str, problems: Sequence[Problem], until: datetime, wake: Callable[[], bool]) -> None:
    """Say what is stuck and wait for ``wake``, at most until the deadline.

    Raises:
        ApplicationError: type ParkedTooLong, when the deadline passed.
    """
    reason = problems[0].reason
    workflow.upsert_search_attributes(
        [attributes.STATE.value_set(attributes.NEEDS_HUMAN), attributes.STUCK_REASON.value_set(reason)]
    )
    workflow.set_current_details(_words(what, problems))
    try:
        left = max(until - workflow.now(), timedelta())
        await workflow.wait_condition(wake, timeout=left, timeout_summary=f"parked: {reason}")
    except TimeoutError as error:
        raise ApplicationError(f"parked too long: {reason}", type="ParkedTooLong") from error


def unpark() -> None:
    """Say that it goes on."""
    workflow.set_current_details("")
    workflow.upsert_search_attributes(
        [attributes.STATE.value_set(attributes.ACTIVE), attributes.STUCK_REASON.value_unset()]
    )


def given_up(decision: Decision, problems: Sequence[Problem]) -> ApplicationError:
    """Return the failure of what somebody gave up."""
    return ApplicationError(f"given up by {decision.by}: {problems[0].reason}", type="GivenUp")


def _words(what: str, problems: Sequence[Problem]) -> str:
    stuck = "\n".join(f"- `{problem.reason}`: {problem.message}" for problem in problems)
    return (
        'Send signal `resolve` with `{"action": "retry"}`, `{"action": "skip"}` or `{"action": "give-up"}`.\n\n'
        f"**This {what} is stuck:**\n{stuck}"
    )
