"""How budgets are shown."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from cli.ages import moment_of
from cli.screen import Cell, Screen
from domain.spending import SpendingPolicy, amount

Facts = dict[str, Any]

COLUMNS: Final = ("for", "in", "limit a day", "used", "reserved", "left", "calls", "requests")


def show_tenants(tenants: Sequence[Facts], policy: SpendingPolicy, screen: Screen) -> None:
    """Show every tenant's budgets, then what tokens cost."""
    for tenant in tenants:
        screen.title(f"{tenant['tenant']}: begins anew at {moment_of(tenant['begins_anew_at'])} UTC")
        rows = [row for budget in tenant["budgets"] for row in _rows(budget, policy)]
        screen.rows(COLUMNS, rows)
        for line in _notes(tenant["budgets"]):
            screen.line(f"  {line}", style="dim")
    if not tenants:
        screen.line("no tenant yet: `postloom tenants add NAME`")
    if policy.prices:
        screen.title(f"Prices of a million tokens, in {policy.currency}")
        rows_ = [(p.provider, p.model or "any model", *_price(p)) for p in policy.prices]
        screen.rows(("provider", "model", "input", "cached", "output"), rows_)


def _rows(budget: Facts, policy: SpendingPolicy) -> Iterator[tuple[Cell, ...]]:
    """Give a row in tokens; one in money where there is any or a limit to it."""
    name = budget["stage"] or "everything"
    yield name, "tokens", *_amounts(budget["tokens"], str), budget["calls"], budget["requests"]
    spent = budget["microunits"]
    if policy.prices or spent["limit"] is not None or spent["used"] or spent["reserved"]:
        yield name, policy.currency, *_amounts(spent, amount), "", ""


def _amounts(amounts: Facts, words: Callable[[int], str]) -> list[str]:
    return [
        "no limit" if amounts["limit"] is None else words(amounts["limit"]),
        words(amounts["used"]),
        words(amounts["reserved"]),
        "" if amounts["left"] is None else words(amounts["left"]),
    ]


def _notes(budgets: Sequence[Facts]) -> Iterator[str]:
    for budget in budgets:
        name = budget["stage"] or "everything"
        if budget["set_by"]:
            yield f"{name}: set by {budget['set_by']} at {moment_of(budget['set_at'])} UTC"
    if lost := budgets[0]["lost"]:
        yield f"{lost} of today's calls are lost: nobody knows what they took, they count with their estimate"


def _price(price: Any) -> tuple[str, ...]:
    cached = price.input if price.cached is None else price.cached
    return tuple(f"{value.normalize():f}" for value in (price.input, cached, price.output))
