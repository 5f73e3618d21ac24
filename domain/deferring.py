"""What goes on by itself, and what needs a human: pure rules over what is stuck, also on replay."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from contracts.errors import BudgetExhaustedError
from contracts.post import Problem

#: In rests: how long it is left alone at least, and over how long all that wait for one moment are spread after it, but
#: never over longer than they wait for it. A provider that was away has been asked for half an hour before.
_BUDGET: Final = (1, 15)
_PROVIDER: Final = (5, 5)


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


def goes_on_at(
    problems: Iterable[Problem], now: datetime, rest_seconds: float, place: float
) -> datetime | None:
    """Return when the first of them is worth another try, None when none is; not before ``rest_seconds`` from now.

    Thousands may wait for the same midnight: ``place`` (0 to 1) says where among them this one is.
    """
    moments = (
        _after(problem.goes_on_at, _rests(problem), now, rest_seconds, place)
        for problem in problems
        if problem.goes_on_at
    )
    return min(moments, default=None)


def _after(moment: datetime, rests: tuple[int, int], now: datetime, seconds: float, place: float) -> datetime:
    rest, spread = (timedelta(seconds=seconds * count) for count in rests)
    first = max(moment, now + rest)
    return first + min(spread, first - now) * place


def are_the_same(before: Sequence[Problem], now: Sequence[Problem]) -> bool:
    """Whether it is still the same park: the same needs a human, or nothing does and the same goes on by itself."""
    return _who_is_waited_for(before) == _who_is_waited_for(now)


def _rests(problem: Problem) -> tuple[int, int]:
    return _BUDGET if problem.error == BudgetExhaustedError.__name__ else _PROVIDER


def _who_is_waited_for(problems: Sequence[Problem]) -> tuple[bool, set[str]]:
    human = {problem.reason for problem in problems if problem.goes_on_at is None}
    return bool(human), human or {problem.reason for problem in problems}
