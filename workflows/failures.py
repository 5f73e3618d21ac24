"""What an activity's failure says in our words."""

from datetime import datetime
from typing import Final

from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception
from temporalio.exceptions import TimeoutError as ActivityTimeoutError

from contracts.post import Problem
from contracts.stages import Stage

#: What an activity raises in a workflow: a regular one wraps its error, a local one does not.
FAILURES: Final = (ActivityError, ApplicationError, ActivityTimeoutError)


def problem_of(error: FailureError, stage: Stage) -> Problem:
    """Return who failed and why: the class and the sentence of our own error beneath the SDK's wrapping.

    Raises:
        FailureError: it was cancelled, which is no failure: whoever cancelled the workflow wants it to end.
    """
    if is_cancelled_exception(error):
        raise error
    cause: BaseException | None = error.cause if isinstance(error, ActivityError) else error
    while isinstance(cause, ActivityTimeoutError) and cause.cause is not None:
        cause = cause.cause
    if isinstance(cause, ApplicationError):
        detail, attempts, goes_on_at = (*cause.details, None, None, None)[:3]
        return Problem(
            stage=stage,
            error=cause.type or "Error",
            message=cause.message,
            detail=None if detail is None else str(detail),
            attempts=attempts if isinstance(attempts, int) else 0,
            goes_on_at=datetime.fromisoformat(goes_on_at) if isinstance(goes_on_at, str) else None,
        )
    kind = type(cause).__name__ if cause else "Error"
    return Problem(stage=stage, error=kind, message=str(cause or error))
