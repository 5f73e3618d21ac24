"""Money and tokens: prices, what a usage costs, how a request's bill is shared, when a day of a budget ends.

Money is counted in whole microunits, millionths of the currency's unit. A price is given per million tokens, so its
figure is also the microunits of one token. What does not come out even is rounded up, once for each request: a budget
is never said to be fuller than it is by more than a microunit a request.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Annotated, Final, NamedTuple, Self

from pydantic import Field, model_validator

from contracts.asking import Usage
from contracts.spending import EVERYTHING, Estimate, Limit
from contracts.stages import Stage
from domain.policy_part import PolicyPart, wrong

#: Microunits in a unit of the currency.
UNIT: Final = 1_000_000
#: The stages that ask providers who want to be paid.
PAID: Final = (Stage.TAGS, Stage.VISION, Stage.VECTORS)

#: Seconds of the longest call with its wait for a place; of the longest attempt, which may wait for others' call too.
LONGEST_CALL: Final = 100.0
LONGEST_ATTEMPT: Final = 200.0

Money = Annotated[Decimal, Field(ge=0, lt=Decimal(10**12), decimal_places=6)]


class Price(PolicyPart):
    """What a million tokens cost at a provider, for every model whose name begins with ``model``.

    ``cached`` tokens are input that the provider had read before; they cost what other input costs unless it says so.
    """

    provider: str
    model: str = ""
    input: Money
    output: Money
    cached: Money | None = None

    def cost(self, usage: Usage) -> int:
        """Return the microunits of one request."""
        cached = min(usage.cached_tokens, usage.input_tokens)
        exact = (usage.input_tokens - cached) * self.input + usage.output_tokens * self.output
        return _whole(exact + cached * (self.input if self.cached is None else self.cached))

    def most(self, estimate: Estimate) -> int:
        """Return the microunits that a request may cost at most."""
        return _whole(
            estimate.input_tokens * max(self.input, self.cached or self.input)
            + estimate.output_tokens * self.output
        )


class DailyBudget(PolicyPart):
    """What a tenant may spend in a day (UTC); nothing given means no limit."""

    tokens_per_day: int | None = Field(default=None, ge=0, lt=2**63)
    money_per_day: Money | None = None

    @property
    def limit(self) -> Limit:
        """The same in tokens and microunits."""
        money = None if self.money_per_day is None else int(self.money_per_day * UNIT)
        return Limit(tokens_per_day=self.tokens_per_day, microunits_per_day=money)


class Budgets(PolicyPart):
    """The budgets of a tenant that has none of its own: of everything together, and of each paid stage."""

    all: DailyBudget = DailyBudget()
    tags: DailyBudget = DailyBudget()
    vision: DailyBudget = DailyBudget()
    vectors: DailyBudget = DailyBudget()


class BrakePolicy(PolicyPart):
    """When a provider that fails is left in peace, and for how long; ``probe_s`` is longer than any call may take."""

    failures: int = Field(default=3, ge=1)
    first_wait_s: float = Field(default=30.0, gt=0)
    longest_wait_s: float = Field(default=300.0, gt=0)
    probe_s: float = Field(default=120.0, gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.longest_wait_s < self.first_wait_s:
            raise wrong("is shorter than first_wait_s", "longest_wait_s")
        if self.probe_s < LONGEST_CALL:
            raise wrong(f"is shorter than a call may take, which is {LONGEST_CALL:.0f} seconds", "probe_s")
        return self


class SpendingPolicy(PolicyPart):
    """What may be spent, what it costs, and when a provider is left in peace.

    A call that has not ended ``call_ends_after_s`` after it was reserved is lost: its process died.
    """

    currency: str = "RUB"
    prices: tuple[Price, ...] = ()
    budgets: Budgets = Budgets()
    brake: BrakePolicy = BrakePolicy()
    call_ends_after_s: float = Field(default=600.0, gt=0)

    @model_validator(mode="after")
    def _longer_than_an_attempt(self) -> Self:
        if self.call_ends_after_s < LONGEST_ATTEMPT:
            said = f"is shorter than a call with its waits may take, which is {LONGEST_ATTEMPT:.0f} seconds"
            raise wrong(said, "call_ends_after_s")
        return self

    @model_validator(mode="after")
    def _one_price_each(self) -> Self:
        names = [(price.provider, price.model) for price in self.prices]
        if twice := next((at for at, name in enumerate(names) if name in names[:at]), None):
            raise wrong(f"is the second price for {' '.join(names[twice]).strip()}", "prices", twice)
        return self

    def price(self, provider: str, model: str) -> Price | None:
        """Return the price with the longest beginning of the model's name, None when there is none."""
        known = (p for p in self.prices if p.provider == provider and model.startswith(p.model))
        return max(known, key=lambda price: len(price.model), default=None)

    def limit(self, stage: str) -> Limit:
        """Return the limit of a stage, or of everything, for a tenant that has no budget of its own."""
        budgets = {
            EVERYTHING: self.budgets.all,
            Stage.TAGS: self.budgets.tags,
            Stage.VISION: self.budgets.vision,
            Stage.VECTORS: self.budgets.vectors,
        }
        return budgets.get(stage, DailyBudget()).limit


class Portion(NamedTuple):
    """What one share of a request took."""

    usage: Usage
    cost_microunits: int


def portions(price: Price | None, usage: Usage, estimates: Sequence[Estimate]) -> tuple[Portion, ...]:
    """Share a request's usage and cost by what each share was estimated at; the portions add up to it exactly.

    Fresh and cached input are shared apart, so that no share has more cached tokens than input. Without a price
    nothing costs anything.
    """
    inputs, outputs = [e.input_tokens for e in estimates], [e.output_tokens for e in estimates]
    cached_tokens = min(usage.cached_tokens, usage.input_tokens)
    fresh = split(usage.input_tokens - cached_tokens, inputs)
    cached, output = split(cached_tokens, inputs), split(usage.output_tokens, outputs)
    parts = [
        Usage(input_tokens=f + c, output_tokens=o, cached_tokens=c, is_estimate=usage.is_estimate)
        for f, c, o in zip(fresh, cached, output, strict=True)
    ]
    if price is None:
        return tuple(Portion(part, 0) for part in parts)
    costs = split(price.cost(usage), [price.cost(part) for part in parts])
    return tuple(Portion(part, cost) for part, cost in zip(parts, costs, strict=True))


def split(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split a whole number by weights: by largest remainder, the first of equals first; alike where none weighs.

    The parts add up to ``total``, and none is more than one away from what is exactly its due.
    """
    weights = weights if sum(weights) else [1] * len(weights)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -(total * weights[place] % whole))
    for place in by_remainder[: total - sum(parts)]:
        parts[place] += 1
    return tuple(parts)


def begins_anew(day: date) -> datetime:
    """Return the moment at which the budget of ``day`` ends and that of the next day begins: midnight, UTC."""
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def money(microunits: int, currency: str) -> str:
    """Return an amount with its currency."""
    return f"{amount(microunits)} {currency}".strip()


def amount(microunits: int) -> str:
    """Return an amount in units: at least two places, and as many more as it takes to be exact."""
    whole, rest = divmod(abs(microunits), UNIT)
    places = f"{rest:06}".rstrip("0").ljust(2, "0")
    return f"{'-' if microunits < 0 else ''}{whole}.{places}"


def _whole(microunits: Decimal) -> int:
    return int(microunits.to_integral_value(ROUND_CEILING))
