"""What goes on by itself, and what needs a human: pure rules over what is stuck, also on replay."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from contracts.errors import BrakedError
from contracts.post import Problem

#: A provider whose brake was on has been asked for half an hour before: it is left alone for longer.
_BRAKED: Final = 5


def need_human(problems: Iterable[Problem]) -> bool:
    """Whether one of them goes on only when somebody has looked."""
    return any(problem.goes_on_at is None for problem in problems)


def one_of_each(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return one problem for each reason, in order: of those alike one that needs a human, else the soonest."""
    kept: dict[str, Problem] = {}
    for problem in problems:
        known = kept.setdefault(problem.reason, problem)
        if known.goes_on_at and (problem.goes_on_at is None or problem.goes_on_at < known.goes_on_at):
            kept[problem.reason] = problem
    return tuple(kept.values())


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems with those first that need a human: lists show the first."""
    return tuple(sorted(problems, key=lambda problem: problem.goes_on_at is not None))


def goes_on_at(problems: Iterable[Problem], now: datetime, rest_seconds: float) -> datetime | None:
    """Return when the first of them is worth another try, at least ``rest_seconds`` from now; None when none is."""
    moments = (
        max(problem.goes_on_at, now + _rest(problem, rest_seconds))
        for problem in problems
        if problem.goes_on_at
    )
    return min(moments, default=None)


def are_the_same(before: Sequence[Problem], now: Sequence[Problem]) -> bool:
    """Whether it is still the same park: the same needs a human, or nothing does and the same goes on by itself."""
    return _who_is_waited_for(before) == _who_is_waited_for(now)


def _rest(problem: Problem, seconds: float) -> timedelta:
    return timedelta(seconds=seconds * (_BRAKED if problem.error == BrakedError.__name__ else 1))


def _who_is_waited_for(problems: Sequence[Problem]) -> tuple[bool, set[str]]:
    human = {problem.reason for problem in problems if problem.goes_on_at is None}
    return bool(human), human or {problem.reason for problem in problems}
