"""Reading pages by a Crawl4AI server, over a real socket: what it reads, and whose fault it is when it does not."""

import asyncio
import json
import time
import tracemalloc
from collections.abc import AsyncIterator
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from adapters.crawl4ai.health import health_of
from adapters.crawl4ai.reader import ROOM, Crawl4AIReader
from adapters.web.page import WebPage
from contracts.errors import LinkFailedError, PipelineError, RateLimitedError, RefusedError, UnavailableError
from domain.policy import CrawlPolicy
from tests.servers import hostile_site as web
from tests.servers.crawl4ai.internet import Internet
from tests.servers.crawl4ai.results import blank, failed
from tests.servers.crawl4ai.server import FakeCrawl4AI, Manners
from tests.servers.crawl4ai.tricks import TRICKS
from tests.servers.hostile_site import ARTICLE, HostileSite

HOST, PUBLIC = "site.example", "93.184.216.34"
URL = f"http://{HOST}/"
POLICY = CrawlPolicy(total_timeout_s=0.5, max_response_bytes=200_000)


async def anywhere(host: str, port: int) -> tuple[str, ...]:
    return (PUBLIC,)


@pytest.fixture
async def site() -> AsyncIterator[HostileSite]:
    async with HostileSite({"/": web.plain(ARTICLE.encode())}) as site:
        yield site


@pytest.fixture(params=[True, False], ids=["keeps reasons back", "tells reasons"])
async def crawler(site: HostileSite, request: pytest.FixtureRequest) -> AsyncIterator[FakeCrawl4AI]:
    """A server of each kind that there is of 0.9: one that hides why a page failed, and one that tells."""
    manners = Manners(token="key", keeps_back=request.param)
    async with FakeCrawl4AI(Internet({HOST: site.address}), manners) as server:
        yield server


def reader(crawler: FakeCrawl4AI, *, token: str | None = "key", seconds: float = 3.0) -> Crawl4AIReader:
    return Crawl4AIReader(POLICY, crawler.url, token, seconds, resolver=anywhere)


async def read(crawler: FakeCrawl4AI, url: str = URL) -> WebPage:
    return await reader(crawler).read(url)


async def error(crawler: FakeCrawl4AI, url: str = URL) -> PipelineError:
    with pytest.raises(PipelineError) as raised:
        await read(crawler, url)
    return raised.value


async def refusal(crawler: FakeCrawl4AI, url: str = URL) -> str:
    raised = await error(crawler, url)
    assert isinstance(raised, RefusedError)
    return raised.reason


async def failure(crawler: FakeCrawl4AI, url: str = URL) -> str:
    raised = await error(crawler, url)
    assert isinstance(raised, LinkFailedError)
    return raised.reason


def is_the_crawlers_own(raised: PipelineError) -> bool:
    """Whether the workflow takes it as a failure of a service of ours, which no page is skipped for."""
    return isinstance(raised, UnavailableError) and not isinstance(raised, LinkFailedError)


async def test_a_page_is_read_with_its_title_and_the_tidier_of_its_texts(crawler: FakeCrawl4AI) -> None:
    page = await read(crawler, f"{URL}#part")

    assert page.title == "Мост открыт — Речной"
    assert page.html == ARTICLE.encode()
    assert "пешеходный мост через реку" in page.markdown
    assert "Главная" not in page.markdown
    assert page.text_excerpt.startswith("Мост открыт")
    assert page.word_count > 20
    assert page.content_sha256 == sha256(page.markdown.encode()).hexdigest()
    assert (page.url, page.final_url, page.status) == (f"{URL}#part", URL, 200)


async def test_one_page_is_asked_for_in_one_request_that_the_server_takes(crawler: FakeCrawl4AI) -> None:
    await read(crawler)

    (body,) = crawler.bodies
    assert body["urls"] == [URL]
    assert body["crawler_config"]["params"]["cache_mode"] == {"type": "CacheMode", "params": "bypass"}
    assert body["crawler_config"]["params"]["page_timeout"] == 500
    assert crawler.ledger.calls == {"/crawl": 1}


async def test_where_there_is_no_tidy_text_the_whole_is_taken(crawler: FakeCrawl4AI) -> None:
    crawler.pages[URL] = {"markdown": {"raw_markdown": "# Всё\n\nцеликом", "fit_markdown": " \n"}}

    assert (await read(crawler)).markdown == "# Всё\n\nцеликом"


async def test_markdown_may_come_as_plain_text_and_a_title_from_its_meta_data(crawler: FakeCrawl4AI) -> None:
    crawler.pages[URL] = {"markdown": "слова", "metadata": {"title": "один", "og:title": " дру\ud800гой "}}

    page = await read(crawler)

    assert (page.markdown, page.title) == ("слова", "дру\N{REPLACEMENT CHARACTER}гой")


async def test_redirects_are_followed_to_the_page(crawler: FakeCrawl4AI, site: HostileSite) -> None:
    site.answers["/a"] = web.redirect("/b")
    site.answers["/b"] = web.redirect("/")

    page = await read(crawler, f"{URL}a")

    assert (page.url, page.final_url, page.status) == (f"{URL}a", URL, 200)


async def test_whoever_pays_pays_before_the_crawler_is_asked(crawler: FakeCrawl4AI) -> None:
    paid: list[tuple[str, int]] = []

    async def pay(host: str) -> None:
        paid.append((host, crawler.ledger.calls.total()))

    await reader(crawler).read(URL, pay)

    assert paid == [(HOST, 0)]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (web.plain(b"x", status="404 Not Found"), "not_found"),
        (web.plain(b"x", status="410 Gone"), "not_found"),
        (web.plain(b"x", status="403 Forbidden"), "forbidden"),
        (web.plain(b"x", status="418 Teapot"), "http_4xx"),
        (web.plain(b""), "empty_page"),
        (web.plain(b"<html><body><p> </p><script>run()</script></body></html>"), "empty_page"),
        (web.plain(b"\x89PNG", kind="image/png"), "content_type"),
        (web.plain(b'{"a": 1}', kind="application/json; charset=utf-8"), "content_type"),
        (web.plain(b"<p>words</p>" * 20_000), "too_large"),
        (web.plain(b"<p>words</p>" * 1_000_000), "too_large"),
        (web.redirect("/"), "too_many_redirects"),
    ],
)
async def test_what_is_no_page_is_refused(
    crawler: FakeCrawl4AI, site: HostileSite, answer: web.Answer, reason: str
) -> None:
    site.answers["/"] = answer

    assert await refusal(crawler) == reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (web.plain(b"x", status="500 Internal Server Error"), "http_5xx"),
        (web.plain(b"x", status="429 Too Many Requests"), "rate_limited"),
        (web.silent_after(b""), "timeout"),
        (web.broken_off(), "connection"),
        (web.garbage(), "connection"),
    ],
)
async def test_what_may_pass_is_a_failure_of_the_site(
    crawler: FakeCrawl4AI, site: HostileSite, answer: web.Answer, reason: str
) -> None:
    site.answers["/"] = answer

    assert await failure(crawler) == reason


def goto(sentence: str) -> dict[str, Any]:
    return failed(URL, f"Page.goto: {sentence}")


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (goto("net::ERR_CERT_DATE_INVALID at x"), "tls_error"),
        (goto("net::ERR_SSL_PROTOCOL_ERROR at x"), "tls_error"),
        (goto("net::ERR_TOO_MANY_REDIRECTS at x"), "too_many_redirects"),
        (goto("net::ERR_ABORTED at x"), "content_type"),
        (goto("net::ERR_UNSAFE_PORT at x"), "port_not_allowed"),
        (goto("Download is starting"), "content_type"),
        (
            {"success": False, "status_code": 404, "error_message": "Blocked by anti-bot protection: tiny"},
            "not_found",
        ),
        (
            {"success": False, "status_code": 200, "error_message": "Blocked by anti-bot protection: JS"},
            "forbidden",
        ),
        ({"success": False, "error_message": "URL blocked (SSRF protection)"}, "blocked_by_crawler"),
        (
            {"success": False, "status_code": 403, "response_headers": {"X-Egress-Status": "Blocked"}},
            "blocked_by_crawler",
        ),
    ],
)
async def test_a_page_that_will_never_do_is_refused_with_its_reason(
    crawler: FakeCrawl4AI, result: dict[str, Any], reason: str
) -> None:
    crawler.pages[URL] = {"redirected_status_code": None, **result}

    assert await refusal(crawler) == reason


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (goto("net::ERR_NAME_NOT_RESOLVED at x"), "dns_unavailable"),
        (goto("net::ERR_CONNECTION_REFUSED at x"), "connection"),
        (goto("net::ERR_TUNNEL_CONNECTION_FAILED at x"), "connection"),
        (goto("net::ERR_SOMETHING_NEW at x"), "connection"),
        (goto("net::ERR_TIMED_OUT at x"), "timeout"),
        (goto("net::ERR_HTTP_RESPONSE_CODE_FAILURE at x"), "http_5xx"),
        (goto("Timeout 15000ms exceeded."), "timeout"),
        (goto('Navigation to "x" is interrupted by another navigation to "y"'), "timeout"),
        ({"success": False, "error_message": "Rate limit retry count exceeded for domain x"}, "rate_limited"),
        ({"status_code": 403, "markdown": {"raw_markdown": "```\nURL blocked\n```"}}, "connection"),
    ],
)
async def test_a_site_that_does_not_answer_now_fails_the_link(
    crawler: FakeCrawl4AI, result: dict[str, Any], reason: str
) -> None:
    crawler.pages[URL] = {"redirected_status_code": None, **result}

    assert await failure(crawler) == reason


@pytest.mark.parametrize("trick", sorted(TRICKS.keys() - {"disallowed", "deadline"}), ids=lambda trick: trick)
async def test_what_is_wrong_with_the_crawler_is_never_the_pages_fault(
    crawler: FakeCrawl4AI, trick: str
) -> None:
    crawler.trick = trick

    raised = await error(crawler)

    assert is_the_crawlers_own(raised)
    assert raised.retryable
    assert "key" not in str(raised)


@pytest.mark.parametrize(
    ("trick", "wait"),
    [
        ("queue_full", timedelta(seconds=7)),
        ("too_often", timedelta(seconds=42)),
        ("too_often_silent", timedelta(seconds=5)),
        ("too_often_forever", timedelta(hours=1)),
    ],
)
async def test_a_crawler_that_has_too_much_to_do_says_when_to_come_back(
    crawler: FakeCrawl4AI, trick: str, wait: timedelta
) -> None:
    crawler.trick = trick

    raised = await error(crawler)

    assert isinstance(raised, RateLimitedError)
    assert raised.retry_after == wait


async def test_a_page_that_takes_longer_than_the_crawler_allows_is_the_sites_fault(
    crawler: FakeCrawl4AI,
) -> None:
    crawler.trick = "deadline"

    assert await failure(crawler) == "timeout"


async def test_what_the_crawlers_own_gate_refuses_is_refused(crawler: FakeCrawl4AI) -> None:
    crawler.trick = "disallowed"

    assert await refusal(crawler) == "blocked_by_crawler"


async def test_a_crawler_that_never_answers_is_left(crawler: FakeCrawl4AI) -> None:
    crawler.trick = "slow"

    with pytest.raises(UnavailableError, match=r"within 0\.2 s") as raised:
        await reader(crawler, seconds=0.2).read(URL)

    assert is_the_crawlers_own(raised.value)


async def test_all_that_is_asked_for_a_page_shares_one_time(crawler: FakeCrawl4AI) -> None:
    async def slowly(host: str, port: int) -> tuple[str, ...]:
        await asyncio.sleep(0.4)
        return (PUBLIC,)

    crawler.trick, start = "slow", time.monotonic()

    with pytest.raises(UnavailableError, match=r"within 2 s"):
        await Crawl4AIReader(POLICY, crawler.url, "key", 2.0, resolver=slowly).read(URL)

    assert time.monotonic() - start < 2.35


@pytest.mark.parametrize("token", [None, "another"])
async def test_a_token_that_is_not_taken_is_told_by_the_name_of_its_setting(
    crawler: FakeCrawl4AI, token: str | None
) -> None:
    with pytest.raises(UnavailableError, match="POSTLOOM_CRAWL4AI__TOKEN") as raised:
        await reader(crawler, token=token).read(URL)

    assert is_the_crawlers_own(raised.value)
    assert raised.value.goes_on_at is None
    assert "another" not in str(raised.value)


async def test_a_crawler_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(UnavailableError) as raised:
        await Crawl4AIReader(POLICY, "http://127.0.0.1:1", None, 3.0, resolver=anywhere).read(URL)

    assert is_the_crawlers_own(raised.value)
    assert raised.value.goes_on_at is not None


async def test_the_reason_that_a_server_keeps_back_costs_one_more_call(site: HostileSite) -> None:
    site.answers["/"] = web.garbage()

    async with FakeCrawl4AI(Internet({HOST: site.address})) as server:
        assert await failure(server) == "connection"

    assert server.ledger.calls == {"/crawl": 1, "/crawl/stream": 1}


async def test_where_a_page_was_found_in_the_end_is_checked_though_the_crawler_followed(
    site: HostileSite,
) -> None:
    async with HostileSite({"/": web.plain(b"<p>the secrets of the house</p>")}) as inside:
        site.answers["/"] = web.redirect("http://inside.example/")
        old = Internet({HOST: site.address}, {"inside.example": inside.address}, gate=False)

        async def resolve(host: str, port: int) -> tuple[str, ...]:
            return ("10.0.0.7",) if host == "inside.example" else (PUBLIC,)

        async with FakeCrawl4AI(old) as server:
            with pytest.raises(RefusedError) as refused:
                await Crawl4AIReader(POLICY, server.url, None, 3.0, resolver=resolve).read(URL)

    assert refused.value.reason == "private_address"
    assert len(inside.asked) == 1


async def test_an_answer_without_end_is_left_at_its_bound() -> None:
    async with HostileSite({"/crawl": web.endless()}) as crawler:
        reader = Crawl4AIReader(POLICY, f"http://{crawler.address}", None, 30.0, resolver=anywhere)
        await refused_by(reader)  # whatever is loaded at the first time
        tracemalloc.start()
        reason = await refused_by(reader)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert reason == "too_large"
    assert peak < 4 * ROOM * POLICY.max_response_bytes


def a_page_of_links(megabytes: int) -> bytes:
    """The answer about a page that is nothing but links; with every link as the real server tells of it."""
    link = {"text": "a", "title": None, "base_domain": "x", "head_data": None, "score": None}
    links = [{"href": f"http://x/{number}", **link} for number in range(megabytes * 10_000)]
    page = {**blank(URL), "success": True, "links": {"internal": links}, "markdown": "Мост открыт"}
    return json.dumps({"success": True, "results": [page]}).encode()


async def test_links_and_pictures_of_a_page_are_not_held() -> None:
    answer = a_page_of_links(5)
    policy = CrawlPolicy(total_timeout_s=30, max_response_bytes=len(answer))
    async with HostileSite({"/crawl": web.plain(answer, kind="application/json")}) as crawler:
        reader = Crawl4AIReader(policy, f"http://{crawler.address}", None, 30.0, resolver=anywhere)
        await reader.read(URL)  # whatever is loaded at the first time
        tracemalloc.start()
        await asyncio.gather(*(reader.read(URL) for _ in range(4)))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()

    assert peak < (2 * 4 + 1) * len(answer)


async def test_a_packed_answer_is_the_crawlers_fault() -> None:
    async with HostileSite({"/crawl": web.gzip_bomb(8)}) as crawler:
        reader = Crawl4AIReader(POLICY, f"http://{crawler.address}", None, 30.0, resolver=anywhere)
        with pytest.raises(UnavailableError, match="packs its answers"):
            await reader.read(URL)


async def refused_by(reader: Crawl4AIReader) -> str:
    with pytest.raises(RefusedError) as refused:
        await reader.read(URL)
    return refused.value.reason


async def test_a_link_that_the_gate_refuses_reaches_no_crawler(crawler: FakeCrawl4AI) -> None:
    assert await refusal(crawler, "http://127.0.0.1/") == "private_address"
    assert crawler.ledger.calls == {}


@pytest.mark.parametrize(
    ("version", "is_recent"), [("0.9.2", True), ("0.8.9", False), ("1.0", True), ("dev", False)]
)
async def test_a_server_says_its_version_and_whether_it_lets_us_in(version: str, *, is_recent: bool) -> None:
    async with FakeCrawl4AI(manners=Manners(token="key", version=version)) as server:
        let_in = await asyncio.to_thread(health_of, server.url, "key", 5.0)
        turned_away = await asyncio.to_thread(health_of, server.url, None, 5.0)

    assert (let_in.version, let_in.is_recent) == (version, is_recent)
    assert (let_in.lets_us_in, turned_away.lets_us_in) == (True, False)
