"""Why there is no room in a budget, in sentences."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from contracts.errors import BudgetExhaustedError
from contracts.post import Frozen
from contracts.spending import Wish
from domain.spending import begins_anew, money


class Spent(Frozen):
    """What is counted in a day for a stage, or for everything, and how much may be; reserved calls are counted."""

    stage: str
    tokens: int = 0
    microunits: int = 0
    tokens_per_day: int | None = None
    microunits_per_day: int | None = None


class _Objection(NamedTuple):
    """Why a call has no room, and the option of the command that makes some; ``passes`` when the day is over."""

    sentence: str
    option: str
    passes: bool


def exhausted(
    wish: Wish, spent: Sequence[Spent], tenant: str, currency: str, now: datetime
) -> BudgetExhaustedError:
    """Return the error for a call that has no room: in which budget, how much of it is gone, how it goes on.

    It goes on by itself when the day is over, unless the budget of a whole day is too little for the call.
    """
    objections = [one for day in spent for one in _objections(wish, day, currency)]
    worst = min(objections, key=lambda one: one.passes)
    command = f"`postloom budget set {shlex.quote(tenant)} {worst.option}`"
    if not worst.passes:
        return BudgetExhaustedError(f"{worst.sentence} {command}", None)
    begins = begins_anew(now.date())
    sentence = f"{worst.sentence}; it begins anew at {begins:%Y-%m-%d %H:%M} UTC, or at once with {command}"
    return BudgetExhaustedError(sentence, begins)


def _objections(wish: Wish, day: Spent, currency: str) -> Iterator[_Objection]:
    """Say what stands against the call in one budget; nothing where it has room."""
    stage, name = f"--stage {day.stage} " if day.stage else "", day.stage or "everything"
    if day.tokens_per_day is not None:
        amounts = day.tokens, wish.estimate.total_tokens, day.tokens_per_day
        yield from _too_much(name, amounts, f"{stage}--tokens N", lambda tokens: f"{tokens} tokens")
    if day.microunits_per_day is None:
        return
    if wish.cost_microunits is None:
        yield _Objection(_unpriced(wish, name, currency), f"{stage}--money none", passes=False)
    else:
        amounts = day.microunits, wish.cost_microunits, day.microunits_per_day
        yield from _too_much(name, amounts, f"{stage}--money N", lambda cost: money(cost, currency))


def _too_much(
    name: str, amounts: tuple[int, int, int], option: str, words: Callable[[int], str]
) -> Iterator[_Objection]:
    used, wanted, most = amounts
    if wanted > most:
        said = f"a call may take {words(wanted)}, the budget of a whole day for {name} is {words(most)}: raise it with"
        yield _Objection(said, option, passes=False)
    elif used + wanted > most:
        gone = f"{words(used)} of {words(most)}"
        said = f"today's budget for {name} is spent: {gone}, and a call may take {words(wanted)}"
        yield _Objection(said, option, passes=True)


def _unpriced(wish: Wish, name: str, currency: str) -> str:
    model = f"{wish.provider} {wish.model}"
    return (
        f"there is a budget in {currency} for {name}, but the policy file has no price of {model}: "
        "add it, or take the budget away with"
    )
