"""What tests of spending share: wishes, ends of requests, and the audit of the day's sums against the ledger."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from adapters.postgres.door import Directory
from contracts.asking import Asker, Usage
from contracts.spending import Estimate, RequestEnded, Share, Wish
from contracts.stages import Stage
from domain.calls import answered, failed
from domain.spending import BrakePolicy, DailyBudget, SpendingPolicy, portions
from tests.build import a_tenant

#: One thousand microunits for each token, in and out.
PRICE = {"provider": "dear", "input": 1000, "output": 1000}
QUICK = BrakePolicy(failures=3, first_wait_s=30, longest_wait_s=300, probe_s=120)


def a_policy(*, everything: int | None = None, tags: int | None = None, **values: Any) -> SpendingPolicy:
    """A policy with budgets in tokens."""
    budgets = {
        "all": DailyBudget(tokens_per_day=everything),
        "tags": DailyBudget(tokens_per_day=tags),
    }
    return SpendingPolicy.model_validate({"prices": [PRICE], "budgets": budgets, "brake": QUICK, **values})


async def a_payer(pool: asyncpg.Pool, name: str = "") -> UUID:
    """A tenant that exists."""
    tenant = a_tenant()
    await Directory(pool).add_tenant(tenant, name or str(tenant))
    return tenant


def a_wish(tenant: UUID, tokens: int = 100, *, stage: Stage = Stage.TAGS, **values: Any) -> Wish:
    """A call that may take so many tokens, and a thousand microunits for each."""
    about = {name: values.pop(name) for name in ("post_id", "sha256", "can_wait") if name in values}
    asker = Asker(tenant_id=tenant, stage=stage, **about)
    given: dict[str, Any] = {
        "id": uuid4(),
        "asker": asker,
        "provider": "dear",
        "model": "words-1",
        "estimate": Estimate(input_tokens=tokens - tokens // 4, output_tokens=tokens // 4),
        "cost_microunits": tokens * 1000,
        **values,
    }
    return Wish.model_validate(given)


def was_answered(shares: Sequence[Share], tokens: int) -> RequestEnded:
    """The end of a request that took so many tokens."""
    usage = Usage(input_tokens=tokens - tokens // 3, output_tokens=tokens // 3)
    price = a_policy().price(shares[0].wish.provider, "words-1")
    parts = portions(price, usage, [share.wish.estimate for share in shares])
    return answered(uuid4(), shares, parts, "words-1:7")


def has_failed(shares: Sequence[Share], error: BaseException) -> RequestEnded:
    """The end of a request that failed."""
    return failed(uuid4(), shares, (), error)


async def sums(pool: asyncpg.Pool, tenant: UUID) -> dict[str, tuple[int, int, int]]:
    """Tokens, microunits and calls of all days, by stage."""
    rows = await pool.fetch(
        "SELECT stage, sum(tokens)::bigint, sum(microunits)::bigint, sum(calls)::bigint FROM spend_days "
        "WHERE tenant_id = $1 GROUP BY 1 ORDER BY 1",
        tenant,
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


#: Every day of every tenant whose sums are not what the ledger adds up to.
DRIFT = """
WITH counted AS (
    SELECT tenant_id, day, s.stage,
        sum(CASE WHEN state = 'settled' THEN input_tokens + output_tokens
            WHEN state = 'released' THEN 0 ELSE reserved_tokens END) AS tokens,
        sum(CASE WHEN state = 'settled' THEN cost_microunits
            WHEN state = 'released' THEN 0 ELSE reserved_microunits END) AS microunits,
        count(*) FILTER (WHERE state <> 'released') AS calls
    FROM spend_ledger l CROSS JOIN LATERAL (VALUES (''), (l.stage)) AS s (stage) GROUP BY 1, 2, 3
)
SELECT d.tenant_id, d.stage, d.tokens, c.tokens AS wanted
FROM spend_days d FULL JOIN counted c USING (tenant_id, day, stage)
WHERE (COALESCE(d.tokens, 0), COALESCE(d.microunits, 0), COALESCE(d.calls, 0))
    IS DISTINCT FROM (COALESCE(c.tokens, 0), COALESCE(c.microunits, 0), COALESCE(c.calls, 0))
"""


async def drift(pool: asyncpg.Pool) -> list[asyncpg.Record]:
    """What the day's sums say that the ledger does not; nothing, at any moment."""
    return await pool.fetch(DRIFT)
