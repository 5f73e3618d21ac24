"""Prices, portions and budgets: whole microunits that add up, and sentences that say what is spent."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.asking import Usage
from contracts.errors import RateLimitedError, UnavailableError
from contracts.spending import Estimate, Limit, Share, ShareState, Verdict
from contracts.stages import Stage
from domain.budgets import Spent, exhausted
from domain.calls import LONGEST_ERROR, failed, told
from domain.spending import Price, SpendingPolicy, begins_anew, money, portions, split
from tests.build import MOMENT, TENANT
from tests.spent import a_wish, was_answered

tokens = st.integers(0, 10**7)
amounts = st.decimals(0, 5000, places=3, allow_nan=False, allow_infinity=False)
estimates = st.lists(st.builds(Estimate, input_tokens=tokens, output_tokens=tokens), min_size=1, max_size=12)


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    input_tokens = draw(tokens)
    cached = draw(st.integers(0, input_tokens))
    return Usage(input_tokens=input_tokens, output_tokens=draw(tokens), cached_tokens=cached)


def a_price(**values: Any) -> Price:
    return Price.model_validate({"provider": "p", "input": 0, "output": 0, **values})


@given(total=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=20))
def test_parts_add_up_and_each_is_within_one_of_its_due(total: int, weights: list[int]) -> None:
    parts = split(total, weights)

    assert sum(parts) == total
    whole = sum(weights) or len(weights)
    dues = [Fraction(total * weight, whole) for weight in (weights if sum(weights) else [1] * len(weights))]
    assert all(abs(part - due) < 1 for part, due in zip(parts, dues, strict=True))
    assert all(part >= 0 for part in parts)


@given(usage=usages(), shares=estimates, input=amounts, output=amounts, cached=st.none() | amounts)
def test_portions_add_up_to_the_bill(
    usage: Usage, shares: list[Estimate], input: Decimal, output: Decimal, cached: Decimal | None
) -> None:
    price = a_price(input=input, output=output, cached=cached)

    parts = portions(price, usage, shares)

    assert sum(part.usage.input_tokens for part in parts) == usage.input_tokens
    assert sum(part.usage.output_tokens for part in parts) == usage.output_tokens
    assert sum(part.usage.cached_tokens for part in parts) == usage.cached_tokens
    assert sum(part.cost_microunits for part in parts) == price.cost(usage)
    assert all(part.usage.cached_tokens <= part.usage.input_tokens for part in parts)


@given(usage=usages(), input=amounts, output=amounts, cached=st.none() | amounts)
def test_a_usage_within_its_estimate_costs_no_more_than_was_reserved(
    usage: Usage, input: Decimal, output: Decimal, cached: Decimal | None
) -> None:
    price = a_price(input=input, output=output, cached=cached)
    estimate = Estimate(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens)

    assert price.cost(usage) <= price.most(estimate)


@pytest.mark.parametrize(
    ("price", "usage", "cost"),
    [
        ({"input": 65, "output": 65}, Usage(input_tokens=1000, output_tokens=10), 65_650),
        ({"input": "0.15", "output": "0.6"}, Usage(input_tokens=1, output_tokens=1), 1),
        ({"input": "0.15", "output": "0.6"}, Usage(input_tokens=100, output_tokens=10), 21),
        ({"input": 10, "output": 0, "cached": 1}, Usage(input_tokens=100, cached_tokens=40), 640),
        ({"input": 10, "output": 0}, Usage(input_tokens=100, cached_tokens=40), 1000),
        ({"input": 10, "output": 0, "cached": 0}, Usage(input_tokens=100, cached_tokens=100), 0),
    ],
)
def test_a_bill_is_rounded_up_once(price: dict[str, Any], usage: Usage, cost: int) -> None:
    assert a_price(**price).cost(usage) == cost


def test_without_a_price_tokens_are_shared_out_and_nothing_costs_anything() -> None:
    parts = portions(None, Usage(input_tokens=3), [Estimate(input_tokens=1, output_tokens=1)] * 2)

    assert [(part.usage.input_tokens, part.cost_microunits) for part in parts] == [(2, 0), (1, 0)]


def test_the_price_with_the_longest_beginning_counts() -> None:
    policy = SpendingPolicy.model_validate(
        {
            "prices": [
                {"provider": "a", "model": "big", "input": 1, "output": 1},
                {"provider": "a", "model": "big-max", "input": 2, "output": 2},
                {"provider": "b", "input": 3, "output": 3},
            ]
        }
    )

    found = [
        policy.price(*name) for name in (("a", "big-max:7"), ("a", "big-pro"), ("b", "any"), ("a", "small"))
    ]

    assert [price.input if price else None for price in found] == [2, 1, 3, None]


def test_a_policy_that_cannot_be_meant_is_refused() -> None:
    mistakes: list[dict[str, Any]] = [
        {"brake": {"first_wait_s": 60, "longest_wait_s": 30}},
        {"brake": {"failures": 0}},
        {"budgets": {"all": {"tokens_per_day": -1}}},
        {"budgets": {"crawl": {}}},
        {"prices": [{"provider": "a", "input": -1, "output": 0}]},
        {"prices": [{"provider": "a", "input": "0.0000001", "output": 0}]},
        {"prices": [{"provider": "a", "input": "nan", "output": 0}]},
        {"prices": [{"provider": "a", "input": number, "output": 0} for number in (1, 2)]},
        {"call_ends_after_s": float("inf")},
        {"call_ends_after_s": 199},
        {"brake": {"probe_s": 99}},
    ]
    for mistake in mistakes:
        with pytest.raises(ValidationError):
            SpendingPolicy.model_validate(mistake)


def test_limits_of_the_policy_are_found_by_stage() -> None:
    policy = SpendingPolicy.model_validate(
        {"budgets": {"all": {"money_per_day": 12.5}, "vision": {"tokens_per_day": 7}}}
    )

    assert policy.limit("") == Limit(microunits_per_day=12_500_000)
    assert policy.limit(Stage.VISION) == Limit(tokens_per_day=7)
    assert policy.limit(Stage.TAGS) == policy.limit("crawl") == Limit()


@pytest.mark.parametrize(
    ("microunits", "words"),
    [
        (0, "0.00 X"),
        (12_500_000, "12.50 X"),
        (1, "0.000001 X"),
        (-51_000, "-0.051 X"),
        (10**18, "1000000000000.00 X"),
    ],
)
def test_money_is_said_exactly(microunits: int, words: str) -> None:
    assert money(microunits, "X") == words


def test_a_day_ends_at_midnight_in_utc() -> None:
    assert begins_anew(date(2026, 12, 31)) == datetime(2027, 1, 1, tzinfo=UTC)


def test_the_budget_that_takes_longest_to_have_room_is_named() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    full, small = Spent(stage="", tokens=90, tokens_per_day=150), Spent(stage="tags", tokens_per_day=60)

    error = exhausted(a_wish(TENANT, 100), [full, small], "город", "RUB", now)

    assert str(error) == (
        "a call may take 100 tokens, the budget of a whole day for tags is 60 tokens: "
        "raise it with `postloom budget set 'город' --stage tags --tokens N`"
    )
    assert error.goes_on_at is None


def test_what_is_only_promised_to_calls_under_way_is_worth_asking_for_again_shortly() -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    held = Spent(stage="tags", tokens=90, promised_tokens=60, tokens_per_day=100)
    gone = Spent(
        stage="", tokens=90, promised_tokens=60, tokens_per_day=100, microunits=2, microunits_per_day=2
    )

    soon = exhausted(a_wish(TENANT, 70, cost_microunits=1), [held], "city", "RUB", now)
    tomorrow = exhausted(a_wish(TENANT, 70, cost_microunits=1), [held, gone], "city", "RUB", now)

    assert (soon.goes_on_at, soon.is_spent) == (now + timedelta(minutes=1), False)
    assert str(soon) == (
        "today's budget for tags has 90 tokens of 100 tokens spent or promised, 60 tokens of them to calls under way; "
        "a call may take 70 tokens"
    )
    assert (tomorrow.goes_on_at, tomorrow.is_spent) == (begins_anew(now.date()), True)


def test_a_call_that_has_room_since_it_was_refused_asks_again_shortly() -> None:
    error = exhausted(a_wish(TENANT, 10), [Spent(stage="", tokens_per_day=100)], "city", "RUB", MOMENT)

    assert (error.goes_on_at, error.is_spent) == (MOMENT + timedelta(minutes=1), False)


def test_what_a_request_took_is_told_as_one() -> None:
    shares = [Share(wish=a_wish(TENANT, 100)), Share(wish=a_wish(TENANT, 50))]

    call = told(was_answered(shares, 90))

    assert (call.outcome, call.input_tokens, call.output_tokens, call.cost_microunits) == (
        ShareState.SETTLED, 60, 30, 90_000
    )  # fmt: skip


def test_a_long_error_is_cut_and_a_told_wait_is_kept() -> None:

    share = Share(wish=a_wish(TENANT), is_probe=True)

    long = failed(uuid4(), [share], (), UnavailableError("x" * 9000))
    slow = failed(uuid4(), [share], (), RateLimitedError("slowly", timedelta(seconds=7)))

    assert len(long.error or "") == LONGEST_ERROR
    assert (slow.wait, slow.verdict, slow.probe) == (timedelta(seconds=7), Verdict.NEITHER, share.id)
