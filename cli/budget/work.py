"""Showing and setting budgets."""

from uuid import UUID

from adapters.postgres.budgets import Budgets
from cli.budget.amounts import Wish
from cli.budget.facts import budgets_of, has_room
from cli.budget.screen import show_tenants
from cli.budget.waking import wake
from cli.errors import CommandError
from cli.running import archive
from cli.screen import Screen, show_json
from cli.tools import Tools, login_name, tenant_meant, tenant_named, tools
from contracts.errors import UnavailableError
from contracts.spending import EVERYTHING, Limit
from domain.spending import SpendingPolicy, money
from runtime.settings import load_settings
from workers.policies import load_policies


async def show_budgets(tenant: str | None, *, as_json: bool) -> None:
    """Show the budgets of one tenant, or of all.

    Raises:
        CommandError: there is no such tenant, or no service runs.
    """
    settings = load_settings()
    policy = load_policies(settings.policies).spending
    async with archive(settings) as pool:
        rows = await Budgets(pool).today(await tenant_named(pool, tenant))
    tenants = budgets_of(rows, policy)
    if as_json:
        show_json(tenants)
    else:
        show_tenants(tenants, policy, Screen())


async def set_budget(tenant: str, wish: Wish, by: str | None) -> None:
    """Give the tenant a budget of its own, and have those go on that wait for it.

    Raises:
        CommandError: there is no such tenant, no service runs, or money could not be counted.
    """
    policy = load_policies(load_settings().policies).spending
    if wish.money is not None and not policy.prices:
        raise CommandError(
            "no money is counted without prices: give them in the policy file, under spending.prices, "
            "or say --tokens",
            2,
        )
    async with tools() as hand:
        tenant_id = await tenant_meant(hand.pool, tenant)
        limit = await _set(Budgets(hand.pool), tenant_id, wish, policy, by or login_name())
        Screen().line(f"{tenant}: {wish.stage or 'everything'}: {_words(limit, policy)} a day")
        Screen().line(await _woken(hand, tenant_id, wish.stage, policy, by or login_name()))


async def _set(budgets: Budgets, tenant_id: UUID, wish: Wish, policy: SpendingPolicy, by: str) -> Limit:
    """What was not said stays as it is: the tenant's own, else what the policy says now."""
    limit = wish.over(await budgets.own(tenant_id, wish.stage) or policy.limit(wish.stage))
    await budgets.set(tenant_id, wish.stage, limit, by)
    return limit


async def _woken(hand: Tools, tenant_id: UUID, stage: str, policy: SpendingPolicy, by: str) -> str:
    """Tell those who wait, if there is room for any of them; return what came of it."""
    rows = {row["stage"]: row for row in await Budgets(hand.pool).today(tenant_id)}
    full = [name for name in dict.fromkeys((EVERYTHING, stage)) if not has_room(rows[name], policy)]
    if full:
        names = " and ".join(name or "everything" for name in full)
        return f"nothing is left for {names} today: those who wait for it are not told"
    try:
        told = await wake(hand.client, tenant_id, stage, by)
    except UnavailableError as error:
        raise CommandError(
            f"the budget is set, but not all that wait for it were told: do it again ({error})"
        ) from error
    return f"{told} that waited for it go on" if told else "nobody waited for it"


def _words(limit: Limit, policy: SpendingPolicy) -> str:
    tokens, cost = limit.tokens_per_day, limit.microunits_per_day
    return ", ".join(
        [
            "tokens without limit" if tokens is None else f"{tokens} tokens",
            "money without limit" if cost is None else money(cost, policy.currency),
        ]
    )
