"""Why there is no room in a budget, in sentences."""

import shlex
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final, NamedTuple

from contracts.errors import BudgetExhaustedError
from contracts.post import Frozen
from contracts.spending import Wish
from domain.spending import begins_anew, money

#: When it is worth asking again where calls under way hold the rest of a budget: most have ended by then.
_UNDER_WAY: Final = timedelta(minutes=1)


class Spent(Frozen):
    """What is counted in a day for a stage, or for everything, and how much may be.

    What is ``promised`` to calls under way is counted too; when they end it is corrected, mostly down.
    """

    stage: str
    tokens: int = 0
    microunits: int = 0
    promised_tokens: int = 0
    promised_microunits: int = 0
    tokens_per_day: int | None = None
    microunits_per_day: int | None = None


class _Until(IntEnum):
    """How long something stands against a call; what lasts longest comes first."""

    CHANGED = 0
    TOMORROW = 1
    SOON = 2


class _Objection(NamedTuple):
    """Why a call has no room, and the option of the command that makes some."""

    until: _Until
    sentence: str
    option: str


class _Amounts(NamedTuple):
    """What is used of a budget, how much of that is promised, what the call may take, what the budget of a day is."""

    used: int
    promised: int
    wanted: int
    most: int


def exhausted(
    wish: Wish, spent: Sequence[Spent], tenant: str, currency: str, now: datetime
) -> BudgetExhaustedError:
    """Return the error for a call that had no room: in which budget, how much of it is gone, how it goes on.

    It goes on by itself when the day is over, or shortly where calls under way may leave some room; a human has to
    look where the budget of a whole day is too little for the call.
    """
    objections = [one for day in spent for one in _objections(wish, day, currency)]
    worst = min(objections, key=lambda one: one.until, default=_MADE_ROOM)
    if worst.until is _Until.SOON:
        return BudgetExhaustedError(worst.sentence, now + _UNDER_WAY, is_spent=False)
    command = f"`postloom budget set {shlex.quote(tenant)} {worst.option}`"
    if worst.until is _Until.CHANGED:
        return BudgetExhaustedError(f"{worst.sentence} {command}", None)
    begins = begins_anew(now.date())
    sentence = f"{worst.sentence}; it begins anew at {begins:%Y-%m-%d %H:%M} UTC, or at once with {command}"
    return BudgetExhaustedError(sentence, begins)


def _objections(wish: Wish, day: Spent, currency: str) -> Iterator[_Objection]:
    """Say what stands against the call in one budget; nothing where it has room."""
    stage, name = f"--stage {day.stage} " if day.stage else "", day.stage or "everything"
    if day.tokens_per_day is not None:
        amounts = _Amounts(day.tokens, day.promised_tokens, wish.estimate.total_tokens, day.tokens_per_day)
        yield from _too_much(name, amounts, f"{stage}--tokens N", lambda tokens: f"{tokens} tokens")
    if day.microunits_per_day is None:
        return
    if wish.cost_microunits is None:
        yield _Objection(_Until.CHANGED, _unpriced(wish, name, currency), f"{stage}--money none")
    else:
        amounts = _Amounts(
            day.microunits, day.promised_microunits, wish.cost_microunits, day.microunits_per_day
        )
        yield from _too_much(name, amounts, f"{stage}--money N", lambda cost: money(cost, currency))


def _too_much(name: str, amounts: _Amounts, option: str, words: Callable[[int], str]) -> Iterator[_Objection]:
    used, promised, wanted, most = amounts
    gone = f"{words(used)} of {words(most)}"
    if wanted > most:
        said = f"a call may take {words(wanted)}, the budget of a whole day for {name} is {words(most)}: raise it with"
        yield _Objection(_Until.CHANGED, said, option)
    elif used - promised + wanted > most:
        said = f"today's budget for {name} is spent: {gone}, and a call may take {words(wanted)}"
        yield _Objection(_Until.TOMORROW, said, option)
    elif used + wanted > most:
        held = f"{words(promised)} of them to calls under way; a call may take {words(wanted)}"
        said = f"today's budget for {name} has {gone} spent or promised, {held}"
        yield _Objection(_Until.SOON, said, option)


#: A call under way has ended since it was refused.
_MADE_ROOM: Final = _Objection(_Until.SOON, "today's budget was promised to calls under way", "")


def _unpriced(wish: Wish, name: str, currency: str) -> str:
    model = f"{wish.provider} {wish.model}"
    return (
        f"there is a budget in {currency} for {name}, but the policy file has no price of {model}: "
        "add it, or take the budget away with"
    )
