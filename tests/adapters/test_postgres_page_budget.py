"""Page budgets in a real database: counted once each, never beyond what is allowed, by the hour and by the day."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from adapters.postgres.page_budget import PageBudget
from adapters.postgres.pool import open_pool
from contracts.errors import BudgetExhaustedError
from contracts.page_budget import PageTaken
from domain.policy import CrawlPolicy
from tests.build import a_tenant

pytestmark = pytest.mark.services

HOST = "site.example"


@pytest.fixture
def budget(pool: asyncpg.Pool) -> PageBudget:
    return PageBudget(pool)


def most(by_day: int, of_host: int) -> CrawlPolicy:
    return CrawlPolicy(per_tenant_daily=by_day, per_domain_hourly=of_host)


async def taken(budget: PageBudget, tenant: UUID, host: str, policy: CrawlPolicy) -> PageTaken | None:
    """Take a page; None where there are no more."""
    try:
        return await budget.take(tenant, host, policy)
    except BudgetExhaustedError:
        return None


async def goes_on(budget: PageBudget, tenant: UUID, host: str, policy: CrawlPolicy) -> datetime:
    with pytest.raises(BudgetExhaustedError) as spent:
        await budget.take(tenant, host, policy)
    assert spent.value.goes_on_at is not None
    return spent.value.goes_on_at


async def counts(pool: asyncpg.Pool, tenant: UUID) -> list[tuple[str, datetime, int]]:
    rows = await pool.fetch("SELECT host, since, used FROM page_counts WHERE tenant_id = $1", tenant)
    return [(row["host"], row["since"], row["used"]) for row in rows]


async def later(pool: asyncpg.Pool, tenant: UUID, time: timedelta) -> None:
    """Let ``time`` go by."""
    await pool.execute(
        "UPDATE page_counts SET since = since - $2::interval WHERE tenant_id = $1", tenant, time
    )


async def test_a_page_counts_for_its_host_and_for_its_tenant(budget: PageBudget, pool: asyncpg.Pool) -> None:
    tenant = a_tenant()

    page = await budget.take(tenant, f"www.{HOST}", most(5, 5))

    assert sorted(await counts(pool, tenant)) == [("", page.day, 1), (HOST, page.hour, 1)]
    assert (page.hour.minute, page.day.astimezone(UTC).hour) == (0, 0)


async def test_a_host_that_has_given_enough_goes_on_at_the_next_full_hour(budget: PageBudget) -> None:
    tenant = a_tenant()
    page = [await budget.take(tenant, HOST, most(9, 2)) for _ in range(2)][-1]

    assert await goes_on(budget, tenant, HOST, most(9, 2)) == page.hour + timedelta(hours=1)
    assert await taken(budget, tenant, "another.example", most(9, 2))


async def test_a_tenant_that_has_read_enough_goes_on_at_the_next_midnight(budget: PageBudget) -> None:
    tenant = a_tenant()
    page = [await budget.take(tenant, f"{n}.example", most(3, 9)) for n in range(3)][-1]

    assert await goes_on(budget, tenant, HOST, most(3, 9)) == page.day + timedelta(days=1)
    assert await taken(budget, a_tenant(), HOST, most(3, 9))


@pytest.mark.parametrize(("policy", "wait"), [(most(0, 9), "day"), (most(9, 0), "hour"), (most(0, 0), "day")])
async def test_a_budget_of_nothing_allows_nothing(
    budget: PageBudget, pool: asyncpg.Pool, policy: CrawlPolicy, wait: str
) -> None:
    tenant = a_tenant()

    when = await goes_on(budget, tenant, HOST, policy)

    assert (when.astimezone(UTC).hour == 0 or wait == "hour") and when.minute == 0
    assert when - datetime.now(UTC) <= timedelta(**{f"{wait}s": 1})
    assert await counts(pool, tenant) == []


async def test_what_is_refused_is_not_counted(budget: PageBudget, pool: asyncpg.Pool) -> None:
    tenant = a_tenant()
    await budget.take(tenant, HOST, most(2, 1))
    before = sorted(await counts(pool, tenant))

    assert await taken(budget, tenant, HOST, most(2, 1)) is None
    assert sorted(await counts(pool, tenant)) == before

    await budget.take(tenant, "b.example", most(2, 1))
    before = sorted(await counts(pool, tenant))

    assert await taken(budget, tenant, "c.example", most(2, 1)) is None
    assert sorted(await counts(pool, tenant)) == before


async def test_fifty_at_once_never_read_more_than_is_allowed(postgres_dsn: str) -> None:
    """By host and by tenant: fifty callers with a connection each, more hosts than the day allows pages."""
    pool = await open_pool(postgres_dsn, size=50)
    budget, tenant, policy = PageBudget(pool), a_tenant(), most(30, 4)

    hosts = [f"{n % 10}.example" for n in range(200)]
    pages = [
        page
        for page in await asyncio.gather(*(taken(budget, tenant, host, policy) for host in hosts))
        if page
    ]

    given = Counter((page.host, page.hour) for page in pages)
    by_day = Counter(page.day for page in pages)
    found = {(host, since): used for host, since, used in await counts(pool, tenant)}
    await pool.close()
    assert max(given.values()) <= 4
    assert len(pages) >= 30
    assert max(by_day.values()) == 30
    assert {day: found["", day] for day in by_day} == by_day
    assert all(found[key] >= number for key, number in given.items())


async def test_fifty_at_once_of_one_host_get_exactly_what_it_may_give(postgres_dsn: str) -> None:
    pool = await open_pool(postgres_dsn, size=50)
    budget, tenant, policy = PageBudget(pool), a_tenant(), most(1000, 7)

    pages = [
        page
        for page in await asyncio.gather(*(taken(budget, tenant, HOST, policy) for _ in range(50)))
        if page
    ]

    found = {(host, since): used for host, since, used in await counts(pool, tenant)}
    await pool.close()
    assert {(HOST, page.hour): found[HOST, page.hour] for page in pages} == Counter(
        (HOST, p.hour) for p in pages
    )
    assert max(Counter(page.hour for page in pages).values()) == 7
    assert sum(used for (host, _), used in found.items() if not host) == len(pages)


async def test_the_next_hour_and_the_next_day_begin_anew(budget: PageBudget, pool: asyncpg.Pool) -> None:
    tenant = a_tenant()
    await budget.take(tenant, HOST, most(2, 1))
    await pool.execute(
        "UPDATE page_counts SET since = since - interval '1 hour' WHERE tenant_id = $1 AND host <> ''", tenant
    )
    assert await taken(budget, tenant, HOST, most(2, 1))
    assert await taken(budget, tenant, "b.example", most(2, 1)) is None

    await later(pool, tenant, timedelta(days=1))

    assert await taken(budget, tenant, HOST, most(2, 1))


async def test_what_was_counted_long_ago_is_forgotten(budget: PageBudget, pool: asyncpg.Pool) -> None:
    tenant = a_tenant()
    await budget.take(tenant, HOST, most(9, 9))
    await later(pool, tenant, timedelta(days=3))

    page = await budget.take(tenant, HOST, most(9, 9))

    assert sorted(await counts(pool, tenant)) == [("", page.day, 1), (HOST, page.hour, 1)]


async def test_a_page_that_was_not_read_after_all_can_be_read_instead(
    budget: PageBudget, pool: asyncpg.Pool
) -> None:
    tenant = a_tenant()
    page = await budget.take(tenant, HOST, most(1, 1))

    await budget.give_back(page)

    assert {used for _, _, used in await counts(pool, tenant)} == {0}
    assert await taken(budget, tenant, HOST, most(1, 1))


async def test_pages_are_taken_and_given_back_at_once_without_a_circle_of_waiting(postgres_dsn: str) -> None:
    pool = await open_pool(postgres_dsn, size=20)
    budget, tenant, policy = PageBudget(pool), a_tenant(), most(1000, 1000)

    async def to_and_fro(host: str) -> None:
        for _ in range(5):
            await budget.give_back(await budget.take(tenant, host, policy))

    await asyncio.gather(*(to_and_fro(f"{n % 3}.example") for n in range(20)))

    found = await counts(pool, tenant)
    await pool.close()
    assert {used for _, _, used in found} == {0}
