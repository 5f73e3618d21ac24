"""Budgets as they are shown: whose they are, what is spent, reserved and left of each."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from contracts.spending import Limit
from domain.spending import SpendingPolicy, begins_anew

Facts = dict[str, Any]


def budgets_of(rows: Sequence[Facts], policy: SpendingPolicy) -> list[Facts]:
    """Return each tenant's budgets, as ``budget show --json`` writes them; money in microunits."""
    return [
        {
            "tenant": tenant,
            "tenant_id": tenant_id,
            "day": day,
            "begins_anew_at": begins_anew(day),
            "currency": policy.currency,
            "budgets": [_budget(row, policy) for row in some],
        }
        for (tenant, tenant_id, day), some in groupby(
            rows, lambda row: (row["tenant"], row["tenant_id"], row["day"])
        )
    ]


def limit_of(row: Facts, policy: SpendingPolicy) -> Limit:
    """Return the limit that counts: the tenant's own, else the policy's."""
    if not row["is_own"]:
        return policy.limit(row["stage"])
    return Limit(tokens_per_day=row["tokens_per_day"], microunits_per_day=row["microunits_per_day"])


def has_room(row: Facts, policy: SpendingPolicy) -> bool:
    """Whether anything is left of it today."""
    limit = limit_of(row, policy)
    tokens, money = limit.tokens_per_day, limit.microunits_per_day
    return (tokens is None or row["tokens"] < tokens) and (money is None or row["microunits"] < money)


def _budget(row: Facts, policy: SpendingPolicy) -> Facts:
    limit = limit_of(row, policy)
    return {
        "stage": row["stage"],
        "tokens": _amounts(limit.tokens_per_day, row["tokens"], row["reserved_tokens"]),
        "microunits": _amounts(limit.microunits_per_day, row["microunits"], row["reserved_microunits"]),
        "calls": row["calls"],
        "requests": row["requests"],
        "lost": row["lost"],
        "lost_tokens": row["lost_tokens"],
        "set_by": row["set_by"],
        "set_at": row["set_at"],
    }


def _amounts(limit: int | None, counted: int, reserved: int) -> Facts:
    left = None if limit is None else max(limit - counted, 0)
    return {"limit": limit, "used": counted - reserved, "reserved": reserved, "left": left}
