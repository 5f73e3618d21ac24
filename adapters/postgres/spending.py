"""The till: what calls to providers may take is reserved against budgets, what they took is settled."""

from collections import Counter
from datetime import timedelta
from typing import Any, Final

import asyncpg

from adapters.postgres.brakes import Brakes, braked
from adapters.postgres.errors import our_errors
from adapters.postgres.rows import query
from contracts.asking import Asker
from contracts.errors import BudgetExhaustedError
from contracts.spending import EVERYTHING, Past, RequestEnded, Share, Wish
from domain.budgets import Spent, exhausted
from domain.calls import FAILED, USELESS
from domain.spending import SpendingPolicy

OPEN_DAY: Final = """
INSERT INTO spend_days (tenant_id, day, stage)
SELECT $1, (now() AT TIME ZONE 'UTC')::date, stage FROM (VALUES (''), ($2)) AS s (stage) ORDER BY stage
ON CONFLICT DO NOTHING
"""

#: What another process is just ending is passed over: it is not lost.
LOSE: Final = """
WITH over AS (
    SELECT id FROM spend_ledger WHERE state = 'reserved' AND ends_at <= now() ORDER BY ends_at FOR UPDATE SKIP LOCKED
)
UPDATE spend_ledger l SET state = 'lost', ended_at = now(), error = 'nobody knows how it ended: its process died'
FROM over WHERE l.id = over.id
RETURNING l.provider, l.stage
"""

#: What came of a post or a picture at a provider; the ledger's clock may be a little behind whoever says since when.
PAST: Final = """
SELECT count(*) FILTER (WHERE state = 'lost' OR split_part(error, ':', 1) = ANY ($6)) AS failed,
    count(*) FILTER (WHERE split_part(error, ':', 1) = $7) AS useless
FROM spend_ledger WHERE tenant_id = $1 AND stage = $2 AND provider = $3 AND {thing} = $4
    AND reserved_at >= COALESCE($5, now() - interval '1 day') - interval '10 seconds'
"""
PAST_OF_POST: Final = PAST.format(thing="post_id")
PAST_OF_PICTURE: Final = PAST.format(thing="sha256")

#: The budgets that every share is held against: that of everything, and that of its stage.
BUDGETS: Final = 2


class Spending:
    """Budgets, brakes and the ledger, as the meter needs them. The database's clock is the only one."""

    def __init__(self, pool: asyncpg.Pool, policy: SpendingPolicy) -> None:
        self._pool, self._policy = pool, policy
        self._brakes = Brakes(pool, policy.brake)

    async def reserve(self, wish: Wish) -> Share:
        """Return the wish as a share that is counted already; one round trip, but for the first of a day.

        Raises:
            BudgetExhaustedError: the tenant may spend no more today.
            BrakedError: nobody asks the provider now.
        """
        row = await self._tried(wish)
        while row["days"] < BUDGETS:
            with our_errors():
                await self._pool.execute(OPEN_DAY, wish.asker.tenant_id, wish.asker.stage)
            row = await self._tried(wish)
        if not row["is_there"]:
            raise await self._exhausted(wish)
        if not row["may"]:
            raise braked(wish.provider, row, self._policy.brake)
        return Share(wish=wish, is_probe=row["is_probe"])

    async def check(self, provider: str) -> None:
        """Do nothing where the provider may be asked.

        Raises:
            BrakedError: nobody asks it now.
        """
        await self._brakes.check(provider)

    async def end(self, ended: RequestEnded) -> None:
        """Settle, release or lose the shares of a request, and let the brake know; a second time changes nothing."""
        rows = [_row(ended, place) for place in range(len(ended.endings))]
        with our_errors():
            row = await self._pool.fetchrow(
                query("spend_end"), rows, ended.id, ended.model_answered, ended.error, ended.provider
            )
        if row and row["ended"]:
            await self._brakes.hear(ended, is_troubled=row["is_troubled"])

    async def past(self, asker: Asker, provider: str) -> Past:
        """Return what came of asking the provider about the picture, or else the post, since it is wanted."""
        thing = asker.sha256 or asker.post_id
        with our_errors():
            row = await self._pool.fetchrow(
                PAST_OF_PICTURE if asker.sha256 else PAST_OF_POST, asker.tenant_id, asker.stage, provider, thing,
                asker.since, FAILED, USELESS,
            )  # fmt: skip
        return Past.model_validate(dict(row or {}))

    async def lose(self) -> Counter[tuple[str, str]]:
        """Give up reserved shares whose time is over; return how many, by provider and stage.

        They stay counted with their estimate: the provider may have billed them.
        """
        with our_errors():
            rows = await self._pool.fetch(LOSE)
        return Counter((row["provider"], row["stage"]) for row in rows)

    async def _exhausted(self, wish: Wish) -> BudgetExhaustedError:
        tenant_id, stage = wish.asker.tenant_id, wish.asker.stage
        with our_errors():
            rows = await self._pool.fetch(query("spend_left"), tenant_id, stage, *self._limits(stage))
        spent = [Spent.model_validate(dict(row)) for row in rows]
        tenant = rows[0]["tenant"] or str(tenant_id)
        return exhausted(wish, spent, tenant, self._policy.currency, rows[0]["now"])

    def _limits(self, stage: str) -> tuple[int | None, ...]:
        """Return what the policy lets be spent: tokens and microunits of everything, and of the stage."""
        every, own = self._policy.limit(EVERYTHING), self._policy.limit(stage)
        return every.tokens_per_day, every.microunits_per_day, own.tokens_per_day, own.microunits_per_day

    async def _tried(self, wish: Wish) -> dict[str, Any]:
        policy, asker = self._policy, wish.asker
        with our_errors():
            row = await self._pool.fetchrow(
                query("spend_reserve"), wish.id, asker.tenant_id, asker.stage, asker.post_id, asker.sha256,
                wish.provider, wish.model, wish.estimate.total_tokens, wish.cost_microunits,
                timedelta(seconds=policy.call_ends_after_s), timedelta(seconds=policy.brake.probe_s),
                *self._limits(asker.stage), asker.can_wait,
            )  # fmt: skip
        return dict(row or {})


def _row(ended: RequestEnded, place: int) -> dict[str, Any]:
    ending = ended.endings[place]
    return {
        "share_id": ending.share_id,
        "state": ending.state,
        **ending.usage.model_dump(),
        "cost_microunits": ending.cost_microunits,
        "error": ending.error,
    }
