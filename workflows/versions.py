"""Versions of a post or an album that came and are not saved yet."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from workflows.failures import FAILURES

V = TypeVar("V")

#: Before this one was taken at a time, so that one which could not be saved left the next where it wakes a park.
_ALL_ARE_TAKEN: Final = "all-versions-are-taken"


def take_over(waiting: list[V], arrived: list[V]) -> None:
    """Move what arrived to what waits to be saved: a park wakes only for what arrives after it began."""
    if len(waiting) + len(arrived) > 1 and workflow.patched(_ALL_ARE_TAKEN):
        waiting += arrived
        arrived.clear()
    elif arrived and not waiting:
        waiting.append(arrived.pop(0))


async def save_each(
    waiting: list[V], save: Callable[[V | None], Awaitable[None]]
) -> tuple[bool, tuple[FailureError, ...]]:
    """Save what waits in the order in which it arrived, or nothing but look where nothing waits.

    What is saved is taken out. What is refused stays for the next look, and holds up no other. Return whether
    anything was saved, and the refusals.

    Raises:
        FailureError: it is no refusal: nothing else can be saved now either.
    """
    saved, refusals = False, list[FailureError]()
    for version in tuple(waiting) or (None,):
        try:
            await save(version)
        except FAILURES as error:
            if not _is_refusal(error):
                raise
            refusals.append(error)
        else:
            saved = True
            if version is not None:
                waiting.remove(version)
    return saved, tuple(refusals)


def _is_refusal(error: FailureError) -> bool:
    """Whether the same version can never be saved."""
    cause = error.cause if isinstance(error, ActivityError) else error
    return isinstance(cause, ApplicationError) and cause.non_retryable
