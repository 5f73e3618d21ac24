"""What a workflow that waits has to say where it waits."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from temporalio.exceptions import ApplicationError

from contracts.post import Problem


async def _nothing() -> tuple[Problem, ...]:
    return ()


async def _nobody(_: ApplicationError) -> None:
    return None


@dataclass(frozen=True)
class Host:
    """What the place needs of the workflow that waits.

    ``came`` says in a word what has come that lets it go on, empty when nothing did; ``next_run`` is what a new run
    begins with; ``tell`` tells what was committed before it got stuck; ``failed`` notes that nobody works on it.
    """

    came: Callable[[], str]
    next_run: Callable[[], Any]
    tell: Callable[[], Awaitable[tuple[Problem, ...]]] = _nothing
    failed: Callable[[ApplicationError], Awaitable[None]] = _nobody
