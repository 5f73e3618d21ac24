"""What status says of money: who spent how much today, and which providers are left in peace."""

from collections.abc import Callable
from typing import Any

import asyncpg

from adapters.postgres.brakes import Brakes
from adapters.postgres.budgets import Budgets
from cli.ages import ago
from cli.budget.facts import budgets_of
from cli.screen import Screen
from domain.spending import SpendingPolicy, amount

Facts = dict[str, Any]


async def spending(pool: asyncpg.Pool, policy: SpendingPolicy) -> Facts:
    """Return today's budgets of the tenants that asked somebody today, and the brakes that are on."""
    tenants = budgets_of(await Budgets(pool).today(), policy)
    return {
        "today": [tenant for tenant in tenants if tenant["budgets"][0]["calls"]],
        "brakes": await Brakes(pool, policy.brake).on(),
    }


def show_spending(facts: Facts, screen: Screen) -> None:
    """Show a line for each; nothing where nobody spends anything."""
    if not facts["today"] and not facts["brakes"]:
        return
    screen.title("Spent today (`postloom budget show`)")
    for tenant in facts["today"]:
        screen.line(f"  {tenant['tenant']}: {_spent(tenant['budgets'][0], tenant['currency'])}")
    for brake in facts["brakes"]:
        again = max((brake["probe_at"] - brake["now"]).total_seconds(), 0)
        screen.line(
            f"  {brake['provider']} is left in peace since {ago(brake['opened_at'], brake['now'])}: "
            f"{brake['failures']} failures in a row, asked again in {again:.0f} s ({brake['last_error']})",
            style="red",
        )


def _spent(everything: Facts, currency: str) -> str:
    """Return what is spent and reserved of everything, of how much."""
    tokens, cost = everything["tokens"], everything["microunits"]
    words = [f"{tokens['used'] + tokens['reserved']}{_of(tokens['limit'], str)} tokens"]
    if cost["limit"] is not None or cost["used"] or cost["reserved"]:
        limit = _of(cost["limit"], amount)
        words.append(f"{amount(cost['used'] + cost['reserved'])}{limit} {currency}".strip())
    return ", ".join([*words, f"{everything['requests']} requests"])


def _of(limit: int | None, words: Callable[[int], str]) -> str:
    return "" if limit is None else f" of {words(limit)}"
