"""What tenants may spend in a day, and how much of that is gone."""

from typing import Any, Final
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from adapters.postgres.rows import query
from contracts.spending import EVERYTHING, Limit
from domain.spending import PAID

Row = dict[str, Any]

SET: Final = """
INSERT INTO budgets AS b (tenant_id, stage, tokens_per_day, money_per_day_microunits, set_by)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (tenant_id, stage) DO UPDATE SET tokens_per_day = EXCLUDED.tokens_per_day,
    money_per_day_microunits = EXCLUDED.money_per_day_microunits, set_by = EXCLUDED.set_by, set_at = now()
"""

FIND: Final = """
SELECT tokens_per_day, money_per_day_microunits AS microunits_per_day FROM budgets WHERE tenant_id = $1 AND stage = $2
"""

#: What is told of each tenant in any case, in this order.
TOLD: Final = (EVERYTHING, *PAID)


class Budgets:
    """Each tenant's own budgets, and what was spent today. Whoever has none of its own has the policy's."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def own(self, tenant_id: UUID, stage: str) -> Limit | None:
        """Return the tenant's own budget of a stage, or of everything; None when it has none."""
        with our_errors():
            row = await self._pool.fetchrow(FIND, tenant_id, stage)
        return Limit.model_validate(dict(row)) if row else None

    async def set(self, tenant_id: UUID, stage: str, limit: Limit, by: str) -> None:
        """Give the tenant a budget of its own; it counts from the next call on."""
        with our_errors():
            await self._pool.execute(
                SET, tenant_id, stage, limit.tokens_per_day, limit.microunits_per_day, by
            )

    async def today(self, tenant_id: UUID | None = None) -> list[Row]:
        """Return for each tenant what it spent today, of everything and by stage; see ``sql/spend_today.sql``.

        Limits are the tenant's own (``is_own``), else None: what the policy says is not known here.
        """
        with our_errors():
            return [dict(row) for row in await self._pool.fetch(query("spend_today"), tenant_id, list(TOLD))]
