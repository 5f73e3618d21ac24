"""Pages in a real database: what was read stays, and a site that was away for a moment is asked again soon."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from adapters.postgres.pages import PageMemory
from contracts.material import Page
from tests.build import a_tenant

pytestmark = pytest.mark.services

KEY = "k" * 64
LINK = "https://example.org/a"
READ = Page(url=LINK, title="Заголовок", excerpt="текст", word_count=7, content_sha256="c" * 64, html_key="h")


@pytest.fixture
def pages(pool: asyncpg.Pool) -> PageMemory:
    return PageMemory(pool, timedelta(days=7))


async def after(pool: asyncpg.Pool, tenant: UUID, time: timedelta) -> None:
    """Let ``time`` go by."""
    await pool.execute(
        "UPDATE pages SET fetched_at = fetched_at - $2::interval WHERE tenant_id = $1", tenant, time
    )


async def stored(pool: asyncpg.Pool, tenant: UUID) -> Page:
    row = await pool.fetchrow("SELECT * FROM pages WHERE tenant_id = $1", tenant)
    assert row is not None
    return Page.model_validate(dict(row))


@pytest.mark.parametrize("reason", ["timeout", "http_404"])
async def test_a_page_that_was_read_is_not_erased_by_a_later_failure(
    pages: PageMemory, pool: asyncpg.Pool, reason: str
) -> None:
    tenant = a_tenant()
    await pages.keep(tenant, KEY, READ)

    await pages.keep(tenant, KEY, Page(url=LINK, skipped=reason))

    assert await stored(pool, tenant) == READ


async def test_a_failure_does_not_make_an_old_page_young(pages: PageMemory, pool: asyncpg.Pool) -> None:
    tenant = a_tenant()
    await pages.keep(tenant, KEY, READ)
    await after(pool, tenant, timedelta(days=8))

    await pages.keep(tenant, KEY, Page(url=LINK, skipped="http_404"))

    assert not await pages.has(tenant, KEY)


async def test_a_page_that_is_read_after_all_takes_the_place_of_its_failure(
    pages: PageMemory, pool: asyncpg.Pool
) -> None:
    tenant = a_tenant()
    for page in (Page(url=LINK, skipped="timeout"), Page(url=LINK, skipped="http_5xx"), READ):
        await pages.keep(tenant, KEY, page)

    assert await stored(pool, tenant) == READ


@pytest.mark.parametrize(
    "reason",
    [
        "timeout", "http_5xx", "rate_limited", "connection", "dns_unavailable", "unreachable", "blocked_by_crawler",
    ],
)  # fmt: skip
async def test_a_site_that_was_away_is_asked_again_after_an_hour(
    pages: PageMemory, pool: asyncpg.Pool, reason: str
) -> None:
    tenant = a_tenant()
    await pages.keep(tenant, KEY, Page(url=LINK, skipped=reason))
    at_once = await pages.has(tenant, KEY)
    await after(pool, tenant, timedelta(minutes=61))

    assert (at_once, await pages.has(tenant, KEY)) == (True, False)


@pytest.mark.parametrize("page", [READ, Page(url=LINK, skipped="private_address")], ids=["read", "refused"])
async def test_what_was_read_or_refused_is_known_for_the_whole_time(
    pages: PageMemory, pool: asyncpg.Pool, page: Page
) -> None:
    tenant = a_tenant()
    await pages.keep(tenant, KEY, page)
    await after(pool, tenant, timedelta(days=6))
    within = await pages.has(tenant, KEY)
    await after(pool, tenant, timedelta(days=2))

    assert (within, await pages.has(tenant, KEY)) == (True, False)


async def test_a_memory_shorter_than_an_hour_holds_for_failures_too(pool: asyncpg.Pool) -> None:
    tenant, forgetful = a_tenant(), PageMemory(pool, timedelta(minutes=1))
    await forgetful.keep(tenant, KEY, Page(url=LINK, skipped="timeout"))
    await after(pool, tenant, timedelta(minutes=2))

    assert not await forgetful.has(tenant, KEY)
