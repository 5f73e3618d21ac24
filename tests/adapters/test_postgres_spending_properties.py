"""Whatever happens to calls, in whatever order and at the same time: the sums are those of the ledger."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.postgres.pool import open_pool
from adapters.postgres.spending import Spending
from contracts.errors import BudgetExhaustedError, RejectedError, UnansweredError
from contracts.spending import RequestEnded, Share
from contracts.stages import Stage
from domain.calls import given_back
from domain.spending import BrakePolicy
from tests.spent import a_payer, a_policy, a_wish, drift, has_failed, was_answered

pytestmark = pytest.mark.services

LIMIT, TAGS_LIMIT = 1000, 600
NEVER_BRAKED = BrakePolicy(failures=10**9)

#: What happens at the same time: new calls, and ends of calls, each picked by a number out of those that are there.
reserving = st.tuples(st.just("reserve"), st.integers(1, 300), st.sampled_from([Stage.TAGS, Stage.VISION]))
ending = st.tuples(
    st.sampled_from(["settle", "settle together", "settle again", "release", "no answer", "crash"]),
    st.integers(0, 100),
    st.integers(0, 500),
)
rounds = st.lists(st.lists(st.one_of(reserving, ending), min_size=1, max_size=8), min_size=1, max_size=8)


@pytest.fixture(scope="module")
async def pool(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(postgres_dsn, size=10)
    yield pool
    await pool.close()


@dataclass
class Shop:
    """A tenant whose calls come and end; ``open`` ones have not ended as far as their process knows."""

    pool: asyncpg.Pool
    tenant: UUID
    till: Spending
    open: list[Share] = field(default_factory=list)
    ended: list[RequestEnded] = field(default_factory=list)

    async def do(self, what: str, number: int, value: int | Stage) -> None:
        if isinstance(value, Stage):
            await self._reserve(number, value)
        elif what == "settle again":
            if self.ended:
                await self.till.end(self.ended[number % len(self.ended)])
        elif self.open:
            await self._end(what, [self.open.pop(number % len(self.open))], value)

    async def _reserve(self, tokens: int, stage: Stage) -> None:
        try:
            self.open.append(await self.till.reserve(a_wish(self.tenant, tokens, stage=stage)))
        except BudgetExhaustedError:
            return

    async def _end(self, what: str, shares: list[Share], tokens: int) -> None:
        if what == "crash":
            await self.pool.execute(
                "UPDATE spend_ledger SET ends_at = now() WHERE id = $1 AND state = 'reserved'", shares[0].id
            )
            await self.till.lose()
            return
        if what == "settle together" and self.open:
            shares.append(self.open.pop())
        ends = {
            "release": lambda: given_back(shares, "not sent"),
            "no answer": lambda: has_failed(shares, UnansweredError("timeout")),
        }
        ended = ends.get(what, lambda: was_answered(shares, tokens))()
        self.ended.append(ended)
        await self.till.end(ended)


#: How far each sum is above its limit, beyond what calls took that was more than was reserved for them.
TOO_MUCH = """
SELECT d.stage, d.tokens - $2 - COALESCE((
    SELECT sum(GREATEST(l.input_tokens + l.output_tokens - l.reserved_tokens, 0)) FROM spend_ledger l
    WHERE l.tenant_id = $1 AND (d.stage = '' OR l.stage = d.stage)), 0) AS above
FROM spend_days d WHERE d.tenant_id = $1 AND d.stage = $3
"""


async def above(pool: asyncpg.Pool, tenant: UUID) -> list[int]:
    rows = [await pool.fetchrow(TOO_MUCH, tenant, *limit) for limit in ((LIMIT, ""), (TAGS_LIMIT, "tags"))]
    return [row["above"] for row in rows if row and row["above"] > 0]


async def watch(pool: asyncpg.Pool, tenant: UUID, until: asyncio.Event) -> list[object]:
    """Return what was wrong at any of the moments until then; each look is one snapshot."""
    wrong: list[object] = []
    while not until.is_set():
        wrong += [*await drift(pool), *await above(pool, tenant)]
        await asyncio.sleep(0)
    return wrong


@settings(max_examples=40)
@given(rounds=rounds)
async def test_sums_never_drift_and_limits_hold(
    pool: asyncpg.Pool, rounds: list[list[tuple[str, int, int | Stage]]]
) -> None:
    tenant, over = await a_payer(pool), asyncio.Event()
    shop = Shop(pool, tenant, Spending(pool, a_policy(everything=LIMIT, tags=TAGS_LIMIT, brake=NEVER_BRAKED)))
    watching = asyncio.create_task(watch(pool, tenant, over))

    try:
        for at_once in rounds:
            await asyncio.gather(*(shop.do(*action) for action in at_once))
            assert not await drift(pool)
    finally:
        over.set()
    assert await watching == []


async def test_sums_hold_where_everybody_ends_at_the_same_time(pool: asyncpg.Pool) -> None:
    """Requests of several stages and days, ended side by side with new reservations: no deadlock, no drift."""
    tenant = await a_payer(pool)
    till = Spending(pool, a_policy(brake=NEVER_BRAKED))
    stages = [Stage.TAGS, Stage.VISION]
    shares = [await till.reserve(a_wish(tenant, 10, stage=stages[n % 2])) for n in range(120)]
    await pool.execute(
        "WITH moved AS (UPDATE spend_ledger SET day = day - 1 WHERE id = ANY ($1) RETURNING tenant_id, day, stage) "
        "INSERT INTO spend_days SELECT tenant_id, day, s.stage, count(*) * 10, count(*) * 10000, count(*) "
        "FROM moved m CROSS JOIN LATERAL (VALUES (''), (m.stage)) AS s (stage) GROUP BY 1, 2, 3",
        [share.id for share in shares[::3]],
    )
    await pool.execute(
        "UPDATE spend_days d SET tokens = n * 10, microunits = n * 10000, calls = n FROM ("
        " SELECT s.stage, count(*) AS n FROM spend_ledger l CROSS JOIN LATERAL (VALUES (''), (l.stage)) AS s (stage)"
        " WHERE l.tenant_id = $1 AND l.day = (now() AT TIME ZONE 'UTC')::date GROUP BY 1) c "
        "WHERE d.tenant_id = $1 AND d.stage = c.stage AND d.day = (now() AT TIME ZONE 'UTC')::date",
        tenant,
    )
    assert not await drift(pool)

    await asyncio.gather(
        *(till.end(_some_end(shares[n : n + 4], n)) for n in range(0, 120, 4)),
        *(till.reserve(a_wish(tenant, 10, stage=stages[n % 2])) for n in range(60)),
        *(till.lose() for _ in range(5)),
    )

    assert not await drift(pool)


def _some_end(shares: list[Share], number: int) -> RequestEnded:
    if number % 3 == 0:
        return was_answered(shares, 13)
    return has_failed(shares, UnansweredError("timeout") if number % 3 == 1 else RejectedError("no"))
