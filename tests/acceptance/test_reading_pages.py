"""Pages by a crawler, counted in a real database: what is read, known, refused or failed, and what that costs."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import pytest
from temporalio.testing import ActivityEnvironment

from activities.braked_reading import BrakedReader
from activities.crawling import CrawlActivities
from activities.reading import Reading
from adapters.crawl4ai.reader import Crawl4AIReader
from adapters.postgres.brakes import Brakes
from adapters.postgres.page_budget import PageBudget
from adapters.postgres.pages import PageMemory
from adapters.postgres.pool import open_pool
from contracts.errors import BrakedError, BudgetExhaustedError, LinkFailedError, UnavailableError
from contracts.material import Page
from contracts.post import PageRequest, PostRef
from domain.policy import CrawlPolicy
from domain.spending import BrakePolicy
from tests.build import a_ref, a_tenant
from tests.fake_world import World
from tests.servers.crawl4ai.internet import Internet
from tests.servers.crawl4ai.server import FakeCrawl4AI
from tests.servers.hostile_site import ARTICLE, HostileSite, garbage, plain

pytestmark = pytest.mark.services

HOST = "site.example"
POLICY = CrawlPolicy(per_tenant_daily=3, per_domain_hourly=2, total_timeout_s=2)


async def anywhere(host: str, port: int) -> tuple[str, ...]:
    return ("93.184.216.34",)


@dataclass(frozen=True)
class Desk:
    """Everything that reads the links of one post."""

    site: HostileSite
    crawler: FakeCrawl4AI
    crawling: CrawlActivities
    pool: asyncpg.Pool
    ref: PostRef

    async def read(self, path: str) -> bool:
        """Read a link of the site as the workflow has it read."""
        request = PageRequest(ref=self.ref, url=f"http://{HOST}{path}", crawl_version="c1")
        read: bool = await ActivityEnvironment().run(self.crawling.fetch_page, request)
        return read

    async def pages(self) -> list[Page]:
        rows = await self.pool.fetch(
            "SELECT * FROM pages WHERE tenant_id = $1 ORDER BY url", self.ref.tenant_id
        )
        return [Page.model_validate(dict(row)) for row in rows]

    async def braked(self, path: str) -> str | None:
        """Read a link; return what is said of the brake, None where it is not on."""
        try:
            await self.read(path)
        except BrakedError as error:
            return str(error)
        except UnavailableError:
            pass
        return None

    async def time_passes(self) -> None:
        """The crawler's brake lets a probe through."""
        await self.pool.execute(
            "UPDATE provider_brakes SET probe_at = now() WHERE provider = $1", str(self.ref.tenant_id)
        )

    async def has_read(self, pages: int) -> None:
        """The tenant has read so many pages by now."""
        await self.pool.execute(
            "UPDATE page_counts SET used = $2 WHERE tenant_id = $1", self.ref.tenant_id, pages
        )

    async def counted(self) -> int:
        """How many pages the tenant's day has."""
        query = "SELECT coalesce(sum(used), 0) FROM page_counts WHERE tenant_id = $1 AND host = ''"
        return int(await self.pool.fetchval(query, self.ref.tenant_id))


@pytest.fixture
async def desk(postgres_dsn: str) -> AsyncIterator[Desk]:
    pool, world, ref = await open_pool(postgres_dsn, size=4), World(), a_ref(tenant=a_tenant())
    pages = {f"/{n}": plain(ARTICLE.encode()) for n in range(9)}
    async with HostileSite(pages) as site, FakeCrawl4AI(Internet({HOST: site.address})) as crawler:
        reader = Crawl4AIReader(POLICY, crawler.url, None, 5.0, resolver=anywhere)
        memory = PageMemory(pool, lasting=timedelta(days=7))
        brakes = Brakes(pool, BrakePolicy(failures=2))
        reading = Reading(BrakedReader(reader, str(ref.tenant_id), brakes), PageBudget(pool), POLICY)
        crawling = CrawlActivities(reading, memory, world.objects, world.archive, world.archive)
        yield Desk(site, crawler, crawling, pool, ref)
    await pool.close()


async def test_a_page_is_read_by_the_crawler_kept_and_counted_once(desk: Desk) -> None:
    assert [await desk.read("/1") for _ in range(3)] == [True, True, True]

    (page,) = await desk.pages()
    assert (page.title, page.skipped) == ("Мост открыт — Речной", None)
    assert "пешеходный мост" in (page.excerpt or "")
    assert (await desk.counted(), desk.crawler.ledger.calls.total()) == (1, 1)


async def test_a_dead_link_is_skipped_with_its_reason_and_counted(desk: Desk) -> None:
    assert not await desk.read("/gone")

    assert [page.skipped for page in await desk.pages()] == ["not_found"]
    assert await desk.counted() == 1


async def test_a_site_that_does_not_answer_is_counted_and_not_skipped_yet(desk: Desk) -> None:
    desk.site.answers["/1"] = garbage()

    with pytest.raises(LinkFailedError):
        await desk.read("/1")

    assert (await desk.pages(), await desk.counted()) == ([], 1)


@pytest.mark.parametrize("trick", ["queue_full", "crashed", "browser_gone", "cut"])
async def test_a_crawler_that_fails_costs_nothing_and_skips_nothing(desk: Desk, trick: str) -> None:
    desk.crawler.trick = trick

    for _ in range(5):
        with pytest.raises(UnavailableError) as failed:
            await desk.read("/1")
        assert not isinstance(failed.value, LinkFailedError)

    assert (await desk.pages(), await desk.counted()) == ([], 0)
    desk.crawler.trick = None
    assert await desk.read("/1")


async def test_where_the_budget_ends_the_crawler_is_asked_for_nothing_more(desk: Desk) -> None:
    for path in ("/1", "/2"):
        await desk.read(path)

    with pytest.raises(BudgetExhaustedError) as spent:
        await desk.read("/3")

    assert spent.value.goes_on_at is not None
    assert desk.crawler.ledger.calls.total() == 2
    assert len(await desk.pages()) == 2
    assert await desk.read("/1")


async def test_a_crawler_that_is_away_is_left_alone_until_a_probe_is_answered(desk: Desk) -> None:
    desk.crawler.trick = "bad_gateway"
    said = [await desk.braked("/1") for _ in range(3)]
    asked = desk.crawler.ledger.calls.total()

    desk.crawler.trick = None
    await desk.time_passes()

    assert [bool(sentence) for sentence in said] == [False, False, True]
    assert "failed 2 times in a row" in (said[-1] or "")
    assert (asked, await desk.counted()) == (2, 0)
    assert [await desk.read(path) for path in ("/1", "/2")] == [True, True]


async def test_a_probe_that_fails_is_waited_for_again_and_one_that_asks_nothing_lets_the_next_through(
    desk: Desk,
) -> None:
    desk.crawler.trick = "bad_gateway"
    for _ in range(2):
        await desk.braked("/1")

    await desk.time_passes()
    failed = [await desk.braked("/1") for _ in range(2)]
    await desk.time_passes()
    await desk.has_read(99)
    with pytest.raises(BudgetExhaustedError):
        await desk.read("/1")
    await desk.has_read(0)
    desk.crawler.trick = None

    assert [bool(sentence) for sentence in failed] == [False, True]
    assert await desk.read("/1")


async def test_a_page_that_the_crawler_fails_at_brakes_nobody(desk: Desk) -> None:
    desk.crawler.trick = "no_results"

    assert [await desk.braked("/1") for _ in range(4)] == [None] * 4
