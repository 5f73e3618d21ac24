"""The till over a real database: nobody spends beyond a budget, and the sums are those of the ledger."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.postgres.spending import Spending
from contracts.errors import (
    BrakedError,
    BudgetExhaustedError,
    RejectedError,
    UnansweredError,
    UnavailableError,
)
from contracts.spending import Share
from contracts.stages import Stage
from domain.calls import given_back
from tests.spent import a_payer, a_policy, a_wish, drift, has_failed, sums, was_answered

pytestmark = pytest.mark.services


async def own_budget(
    pool: asyncpg.Pool, tenant: UUID, stage: str, tokens: int | None, money: int | None
) -> None:
    await pool.execute("INSERT INTO budgets VALUES ($1, $2, $3, $4, 'a test')", tenant, stage, tokens, money)


async def a_day_later(pool: asyncpg.Pool, tenant: UUID) -> None:
    for table in ("spend_days", "spend_ledger"):
        await pool.execute(f"UPDATE {table} SET day = day - 1 WHERE tenant_id = $1", tenant)


async def time_is_over(pool: asyncpg.Pool, share: Share) -> None:
    await pool.execute("UPDATE spend_ledger SET ends_at = now() WHERE id = $1", share.id)


def midnight() -> datetime:
    now = datetime.now(UTC)
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


async def test_what_was_reserved_gives_way_to_what_it_took(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy()), await a_payer(pool)
    share = await till.reserve(a_wish(tenant, 100))
    before = await sums(pool, tenant)

    await till.end(was_answered([share], 60))

    assert before == {"": (100, 100_000, 1), "tags": (100, 100_000, 1)}
    assert await sums(pool, tenant) == {"": (60, 60_000, 1), "tags": (60, 60_000, 1)}
    assert not await drift(pool)


async def test_the_same_end_counts_once(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy()), await a_payer(pool)
    share = await till.reserve(a_wish(tenant, 100))
    ended = was_answered([share], 60)
    await till.end(ended)

    await till.end(ended)
    await till.end(given_back([share], "again"))

    assert (await sums(pool, tenant))["tags"] == (60, 60_000, 1)


async def test_a_call_that_cannot_have_cost_anything_is_given_back(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy()), await a_payer(pool)
    share = await till.reserve(a_wish(tenant, 100))

    await till.end(has_failed([share], RejectedError("no such model")))

    assert (await sums(pool, tenant))[""] == (0, 0, 0)
    row = await pool.fetchrow("SELECT state, error FROM spend_ledger WHERE id = $1", share.id)
    assert row is not None and tuple(row) == ("released", "RejectedError: no such model")


async def test_a_call_that_nobody_answered_stays_counted(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy()), await a_payer(pool)
    share = await till.reserve(a_wish(tenant, 100, provider="silent"))

    await till.end(has_failed([share], UnansweredError("timeout")))

    assert (await sums(pool, tenant))[""] == (100, 100_000, 1)
    assert await pool.fetchval("SELECT state FROM spend_ledger WHERE id = $1", share.id) == "lost"


async def test_a_call_whose_process_died_is_lost_and_stays_counted(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy()), await a_payer(pool)
    dead, alive = await till.reserve(a_wish(tenant, 100)), await till.reserve(a_wish(tenant, 10))
    await time_is_over(pool, dead)

    lost = await till.lose()

    assert lost == {("dear", "tags"): 1}
    rows = await pool.fetch("SELECT id, state FROM spend_ledger WHERE tenant_id = $1", tenant)
    assert {row["id"]: row["state"] for row in rows} == {dead.id: "lost", alive.id: "reserved"}
    assert (await sums(pool, tenant))[""] == (110, 110_000, 2)
    assert not await till.lose()


async def test_a_lost_call_that_ends_after_all_is_settled(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy()), await a_payer(pool)
    share = await till.reserve(a_wish(tenant, 100))
    await time_is_over(pool, share)
    await till.lose()

    await till.end(was_answered([share], 7))

    assert (await sums(pool, tenant))[""] == (7, 7_000, 1)
    assert not await drift(pool)


async def test_nothing_is_reserved_beyond_the_limit(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy(everything=250)), await a_payer(pool, "Ирбит ")
    await till.end(was_answered([await till.reserve(a_wish(tenant, 100)) for _ in range(2)], 200))

    with pytest.raises(BudgetExhaustedError) as refused:
        await till.reserve(a_wish(tenant, 100))

    assert (refused.value.goes_on_at, refused.value.is_spent) == (midnight(), True)
    assert str(refused.value) == (
        "today's budget for everything is spent: 200 tokens of 250 tokens, and a call may take 100 tokens; it begins "
        f"anew at {midnight():%Y-%m-%d %H:%M} UTC, or at once with `postloom budget set 'Ирбит ' --tokens N`"
    )
    assert (await sums(pool, tenant))[""] == (200, 200_000, 2)
    await till.reserve(a_wish(tenant, 50))


async def test_calls_under_way_may_leave_room_and_who_comes_then_has_it(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy(everything=250, tags=200)), await a_payer(pool)
    under_way = [await till.reserve(a_wish(tenant, 100)) for _ in range(2)]

    with pytest.raises(BudgetExhaustedError, match="200 tokens of them to calls under way") as refused:
        await till.reserve(a_wish(tenant, 100))
    await till.end(was_answered(under_way, 90))

    assert refused.value.goes_on_at is not None and not refused.value.is_spent
    assert timedelta(0) < refused.value.goes_on_at - datetime.now(UTC) <= timedelta(minutes=1)
    await till.reserve(a_wish(tenant, 100))


async def test_a_stage_has_a_budget_of_its_own(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy(everything=1000, tags=100)), await a_payer(pool)
    await till.end(was_answered([await till.reserve(a_wish(tenant, 100))], 100))

    with pytest.raises(
        BudgetExhaustedError, match=r"budget for tags is spent: 100 tokens of 100 tokens.*--stage tags"
    ):
        await till.reserve(a_wish(tenant, 1))
    await till.reserve(a_wish(tenant, 900, stage=Stage.VISION))

    assert await sums(pool, tenant) == {
        "": (1000, 1_000_000, 2), "tags": (100, 100_000, 1), "vision": (900, 900_000, 1)
    }  # fmt: skip


async def test_a_tenants_own_budget_comes_before_the_policys(pool: asyncpg.Pool) -> None:
    till, strict, free = Spending(pool, a_policy(everything=100)), await a_payer(pool), await a_payer(pool)
    await own_budget(pool, strict, "", 10, None)
    await own_budget(pool, free, "", None, None)

    with pytest.raises(BudgetExhaustedError):
        await till.reserve(a_wish(strict, 11))
    await till.reserve(a_wish(free, 1_000_000))


async def test_money_is_limited_as_tokens_are(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy()), await a_payer(pool)
    await own_budget(pool, tenant, "tags", None, 150_000)
    await till.end(was_answered([await till.reserve(a_wish(tenant, 100))], 100))

    with pytest.raises(
        BudgetExhaustedError, match=r"0\.10 RUB of 0\.15 RUB, and a call may take 0\.051 RUB.*--money N"
    ):
        await till.reserve(a_wish(tenant, 51))
    await till.reserve(a_wish(tenant, 50))


async def test_a_budget_in_money_does_not_let_through_what_has_no_price(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy()), await a_payer(pool)
    await own_budget(pool, tenant, "", None, 150_000)

    with pytest.raises(BudgetExhaustedError, match="no price of dear words-1") as refused:
        await till.reserve(a_wish(tenant, 1, cost_microunits=None))

    assert refused.value.goes_on_at is None


async def test_a_call_that_no_day_has_room_for_waits_for_a_human(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy(tags=100)), await a_payer(pool)

    with pytest.raises(
        BudgetExhaustedError, match="a call may take 101 tokens, the budget of a whole day"
    ) as refused:
        await till.reserve(a_wish(tenant, 101))

    assert refused.value.goes_on_at is None


async def test_a_new_day_begins_anew_and_an_old_call_ends_in_its_own(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy(everything=100)), await a_payer(pool)
    old = await till.reserve(a_wish(tenant, 100))
    await a_day_later(pool, tenant)

    new = await till.reserve(a_wish(tenant, 100))
    await till.end(was_answered([old, new], 60))

    rows = await pool.fetch(
        "SELECT tokens FROM spend_days WHERE tenant_id = $1 AND stage = '' ORDER BY day", tenant
    )
    assert [row["tokens"] for row in rows] == [30, 30]
    assert not await drift(pool)


async def test_whoever_does_not_exist_reserves_nothing(pool: asyncpg.Pool) -> None:
    till = Spending(pool, a_policy())

    with pytest.raises(RejectedError):
        await till.reserve(a_wish(uuid4()))


async def test_many_at_once_fill_a_budget_to_the_brim_and_no_further(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy(everything=1000, tags=600)), await a_payer(pool)
    wishes = [a_wish(tenant, 10, stage=(Stage.TAGS, Stage.VISION)[n % 2]) for n in range(150)]

    outcomes = await asyncio.gather(*map(till.reserve, wishes), return_exceptions=True)

    assert sum(isinstance(outcome, Share) for outcome in outcomes) == 100
    assert all(isinstance(outcome, Share | BudgetExhaustedError) for outcome in outcomes)
    assert (await sums(pool, tenant))[""] == (1000, 1_000_000, 100)
    assert not await drift(pool)


async def test_who_cannot_wait_is_counted_and_refused_by_no_budget(pool: asyncpg.Pool) -> None:
    till, tenant = Spending(pool, a_policy(everything=100)), await a_payer(pool)
    await own_budget(pool, tenant, "vectors", 10, 0)

    share = await till.reserve(a_wish(tenant, 150, stage=Stage.VECTORS, can_wait=False))
    await till.end(was_answered([share], 120))

    assert (await sums(pool, tenant))[""] == (120, 120_000, 1)
    assert not await drift(pool)
    with pytest.raises(BudgetExhaustedError):
        await till.reserve(a_wish(tenant, 1, stage=Stage.VECTORS))


async def test_who_cannot_wait_asks_nobody_past_a_brake(pool: asyncpg.Pool) -> None:
    till, tenant, provider = Spending(pool, a_policy()), await a_payer(pool), f"away {uuid4()}"
    for _ in range(3):
        failing = await till.reserve(a_wish(tenant, provider=provider))
        await till.end(has_failed([failing], UnavailableError("503")))

    with pytest.raises(BrakedError):
        await till.reserve(a_wish(tenant, stage=Stage.VECTORS, provider=provider, can_wait=False))
