"""What ``postloom budget set`` was asked for, in our terms."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Final

from cli.errors import CommandError
from contracts.spending import EVERYTHING, Limit
from domain.spending import PAID, UNIT

NONE: Final = "none"
#: The archive counts in numbers of eight bytes.
MOST: Final = 2**63 - 1


@dataclass(frozen=True)
class Wish:
    """A budget as it is to be: of a stage or of everything; what was not said stays as it is."""

    stage: str
    tokens: int | None
    money: int | None
    says_tokens: bool
    says_money: bool

    def over(self, before: Limit) -> Limit:
        """Return the whole budget, where ``before`` is the one so far."""
        return Limit(
            tokens_per_day=self.tokens if self.says_tokens else before.tokens_per_day,
            microunits_per_day=self.money if self.says_money else before.microunits_per_day,
        )


def wish_of(stage: str | None, tokens: str | None, money: str | None) -> Wish:
    """Return what was asked for; money in microunits.

    Raises:
        CommandError: nothing was asked for, or something that cannot be.
    """
    if stage is not None and stage not in PAID:
        raise CommandError(f"{stage!r} is no stage that asks a provider for money: {', '.join(PAID)}", 2)
    if tokens is None and money is None:
        raise CommandError("say how much: --tokens N, --money 12.50, or none for no limit", 2)
    return Wish(
        stage=stage or EVERYTHING,
        tokens=_tokens(tokens) if tokens is not None else None,
        money=_microunits(money) if money is not None else None,
        says_tokens=tokens is not None,
        says_money=money is not None,
    )


def _tokens(word: str) -> int | None:
    if word == NONE:
        return None
    if not (word.isascii() and word.isdigit()):
        raise CommandError(f"--tokens is a whole number from 0 on, or none; not {word!r}", 2)
    if int(word) > MOST:
        raise CommandError(f"--tokens: {word} is more than can be counted: at most {MOST}", 2)
    return int(word)


def _microunits(word: str) -> int | None:
    if word == NONE:
        return None
    wrong = CommandError(
        f"--money is an amount like 12.50, with six places at most, or none; not {word!r}", 2
    )
    try:
        exact = Decimal(word) * UNIT
    except InvalidOperation as error:
        raise wrong from error
    if not exact.is_finite() or exact < 0 or exact > MOST or exact != exact.to_integral_value():
        raise wrong
    return int(exact)
