"""What an activity's failure says in our words."""

from datetime import datetime
from typing import Final

from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception
from temporalio.exceptions import TimeoutError as ActivityTimeoutError

from contracts.post import ANNOUNCE, Problem, Step
from contracts.stages import Stage

#: What an activity raises in a workflow: a regular one wraps its error, a local one does not.
FAILURES: Final = (ActivityError, ApplicationError, ActivityTimeoutError)

#: Nothing goes on without these.
_NEEDED: Final = frozenset({Stage.ENRICH, ANNOUNCE})


def problem_of(error: FailureError, stage: Stage, *, optional: bool = True) -> Problem:
    """Return who failed and why: the class and the sentence of our own error beneath the SDK's wrapping.

    What could not be told is a problem of its own, at whatever stage it is to be told. ``optional``: see Problem.

    Raises:
        FailureError: it was cancelled, which is no failure: whoever cancelled the workflow wants it to end.
    """
    if is_cancelled_exception(error):
        raise error
    step: Step = ANNOUNCE if _was_telling(error) else stage
    optional = optional and step not in _NEEDED
    cause: BaseException | None = error.cause if isinstance(error, ActivityError) else error
    while isinstance(cause, ActivityTimeoutError) and cause.cause is not None:
        cause = cause.cause
    if isinstance(cause, ApplicationError):
        detail, attempts, goes_on_at = (*cause.details, None, None, None)[:3]
        return Problem(
            stage=step,
            optional=optional,
            error=cause.type or "Error",
            message=cause.message,
            detail=None if detail is None else str(detail),
            attempts=attempts if isinstance(attempts, int) else 0,
            goes_on_at=datetime.fromisoformat(goes_on_at) if isinstance(goes_on_at, str) else None,
        )
    kind = type(cause).__name__ if cause else "Error"
    return Problem(stage=step, optional=optional, error=kind, message=str(cause or error))


def _was_telling(error: FailureError) -> bool:
    """Every activity of the bridge is called so: their names are in histories and stay as they are."""
    return isinstance(error, ActivityError) and error.activity_type.startswith(ANNOUNCE)
