"""What budgets and calls look like, and how what was asked for is put together with what is."""

from datetime import date
from typing import Any
from uuid import UUID

from cli.budget.amounts import wish_of
from cli.budget.facts import budgets_of, has_room
from cli.budget.screen import show_tenants
from cli.explain.calls import show_calls
from contracts.spending import Limit
from domain.spending import SpendingPolicy
from tests.build import MOMENT
from tests.cli.shown import in_lines, on_terminal

PRICED = SpendingPolicy.model_validate(
    {
        "prices": [
            {"provider": "gigachat", "model": "GigaChat-2", "input": 65, "output": "65.5", "cached": 0},
            {"provider": "other", "input": 1000, "output": 2000},
        ],
        "budgets": {"vision": {"tokens_per_day": 5000}},
    }
)


def a_row(stage: str = "", **values: Any) -> dict[str, Any]:
    return {
        "tenant_id": UUID(int=1), "tenant": "city", "stage": stage, "day": date(2026, 3, 1), "tokens": 0,
        "microunits": 0, "calls": 0, "reserved_tokens": 0, "reserved_microunits": 0, "requests": 0, "lost": 0,
        "lost_tokens": 0, "is_own": False, "tokens_per_day": None, "microunits_per_day": None,
        "set_by": None, "set_at": None, **values,
    }  # fmt: skip


OWN: dict[str, Any] = {
    "is_own": True, "tokens_per_day": 10_000, "microunits_per_day": 12_500_000, "set_by": "anna", "set_at": MOMENT,
    "tokens": 9_900, "reserved_tokens": 300, "microunits": 4_000_000, "calls": 40, "requests": 31, "lost": 2,
}  # fmt: skip
ROWS = [a_row(**OWN), a_row("tags", tokens=100), a_row("vision", tokens=6000)]


def test_a_tenants_own_budget_comes_before_the_policys() -> None:
    [city] = budgets_of(ROWS, PRICED)

    everything, tags, vision = city["budgets"]
    assert everything["tokens"] == {"limit": 10_000, "used": 9_600, "reserved": 300, "left": 100}
    assert everything["microunits"] == {
        "limit": 12_500_000,
        "used": 4_000_000,
        "reserved": 0,
        "left": 8_500_000,
    }
    assert tags["tokens"] == {"limit": None, "used": 100, "reserved": 0, "left": None}
    assert vision["tokens"] == {"limit": 5000, "used": 6000, "reserved": 0, "left": 0}
    assert city["begins_anew_at"].isoformat() == "2026-03-02T00:00:00+00:00"
    assert [has_room(row, PRICED) for row in ROWS] == [True, True, False]


def test_budgets_fit_a_terminal_and_say_when_they_begin_anew() -> None:
    tenants = budgets_of(ROWS, PRICED)

    drawn = on_terminal(lambda screen: show_tenants(tenants, PRICED, screen))
    lines = in_lines(lambda screen: show_tenants(tenants, PRICED, screen))

    assert max(map(len, drawn.splitlines())) <= 80
    assert "city: begins anew at 2026-03-02 00:00:00 UTC" in lines
    assert "everything\ttokens\t10000\t9600\t300\t100\t40\t31\n" in lines
    assert "everything\tRUB\t12.50\t4.00\t0.00\t8.50\t\t\n" in lines
    assert "tags\ttokens\tno limit\t100\t0\t\t0\t0\n" in lines
    assert "everything: set by anna at 2026-03-01 12:30:00 UTC" in lines
    assert "2 of today's calls are lost" in lines
    assert "gigachat\tGigaChat-2\t65\t0\t65.5\n" in lines
    assert "other\tany model\t1000\t1000\t2000\n" in lines


def test_without_prices_nothing_is_said_of_money() -> None:
    policy = SpendingPolicy()

    lines = in_lines(lambda screen: show_tenants(budgets_of([a_row(tokens=5)], policy), policy, screen))

    assert "RUB" not in lines


def test_what_is_not_said_stays_as_it_is() -> None:
    before = Limit(tokens_per_day=7, microunits_per_day=8)

    assert wish_of(None, "5", None).over(before) == Limit(tokens_per_day=5, microunits_per_day=8)
    assert wish_of("tags", None, "12.50").over(before) == Limit(
        tokens_per_day=7, microunits_per_day=12_500_000
    )
    assert wish_of("tags", "none", "0").over(before) == Limit(tokens_per_day=None, microunits_per_day=0)


def a_call(**values: Any) -> dict[str, Any]:
    return {
        "stage": "tags", "provider": "gigachat", "model": "GigaChat-2", "model_answered": "GigaChat-2:7",
        "state": "settled", "error": None, "is_own": True, "input_tokens": 100, "output_tokens": 20,
        "counted_tokens": 120, "counted_microunits": 7_810, **values,
    }  # fmt: skip


def test_calls_are_told_with_their_sum_as_the_budget_counts_it() -> None:
    gone = {"input_tokens": 0, "output_tokens": 0, "model_answered": None}
    calls = [
        a_call(),
        a_call(stage="vision", is_own=False, counted_microunits=1_000_000),
        a_call(
            state="lost",
            error="UnansweredError: timeout",
            counted_tokens=500,
            counted_microunits=50_000,
            **gone,
        ),
        a_call(
            state="released", error="UnavailableError: 503", counted_tokens=0, counted_microunits=0, **gone
        ),
    ]

    lines = in_lines(lambda screen: show_calls(calls, "RUB", screen))

    assert "tags\tgigachat\tGigaChat-2:7\t100\t20\t0.00781 RUB\tsettled\n" in lines
    assert "vision *\tgigachat\tGigaChat-2:7\t100\t20\t1.00 RUB\tsettled\n" in lines
    assert "tags\tgigachat\tGigaChat-2\t0\t0\tup to 0.05 RUB\tlost: UnansweredError: timeout\n" in lines
    assert "sum\t\t\t200\t40\t1.05781 RUB\t\n" in lines
    assert "asked for another one" in lines
    assert "500 tokens are counted" in lines
    drawn = on_terminal(lambda screen: show_calls(calls, "RUB", screen))
    assert max(map(len, drawn.splitlines())) <= 80


def test_where_nobody_was_asked_for_money_nothing_is_said_of_it() -> None:
    assert in_lines(lambda screen: show_calls([], "RUB", screen)) == ""
