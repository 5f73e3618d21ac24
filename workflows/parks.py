"""A park as it is made, and as it is made anew after a try that was in vain."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from contracts.parking import Parked, Waiter
    from contracts.post import PostInput, Problem
    from domain import deferring

#: Before this, all that waited for one moment came at once.
_SPREAD: Final = "those-who-wait-are-spread"


def moments(problems: Sequence[Problem], until: datetime | None, rest_seconds: float) -> dict[str, object]:
    """Return what a park knows of now: what is stuck, until when at most it waits, and when it is tried again."""
    due = deferring.goes_on_at(problems, workflow.now(), rest_seconds, _place(problems))
    return {"problems": tuple(problems), "until": until or due, "goes_on_at": due}


def _place(problems: Sequence[Problem]) -> float:
    """Return where this one is among all that wait for the same moment, from 0 to 1."""
    is_spread = any(problem.goes_on_at for problem in problems) and workflow.patched(_SPREAD)
    return workflow.random().random() if is_spread else 0.0


def new_park(waiter: Waiter, number: int, known: Mapping[str, object]) -> Parked:
    """Return the park of that number in this run, with what is known of it."""
    info = workflow.info()
    this = {"workflow_id": info.workflow_id, "run_id": info.run_id, "number": number}
    return Parked.model_validate({**waiter.model_dump(), **this, **known})


def unsaved_of(given: object) -> PostInput | None:
    """Return what of a post only its workflow has; a dead letter keeps it for longer than a history is kept."""
    return given if isinstance(given, PostInput) and (given.versions or given.deletion) else None
