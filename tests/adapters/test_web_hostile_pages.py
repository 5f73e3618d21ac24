"""Reading pages of a site that means harm, over a real socket."""

import gzip
import socket
from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.web.reader import WebReader
from adapters.web.transport import Resolver
from contracts.errors import LinkFailedError, RefusedError
from domain.policy import CrawlPolicy
from tests.servers import hostile_site as web

HOST = "site.example"
LIMITS = CrawlPolicy(max_response_bytes=200_000, total_timeout_s=5)


@pytest.fixture
async def site() -> AsyncIterator[web.HostileSite]:
    async with web.HostileSite({"/": web.plain(web.ARTICLE.encode())}) as site:
        yield site


def reader(site: web.HostileSite, policy: CrawlPolicy = LIMITS, **named: str) -> WebReader:
    return WebReader(policy, {HOST: site.address, **named}, resolver=answering())


def answering(*answers: tuple[str, ...]) -> Resolver:
    """Gives one answer after the other, and fails where more are asked for."""
    left = list(answers)

    async def resolve(host: str, port: int) -> tuple[str, ...]:
        return left.pop(0)

    return resolve


async def refusal(site: web.HostileSite, path: str, policy: CrawlPolicy = LIMITS) -> str:
    with pytest.raises(RefusedError) as refused:
        await reader(site, policy).read(f"http://{HOST}{path}")
    return refused.value.reason


async def failure(site: web.HostileSite, path: str, policy: CrawlPolicy = LIMITS) -> str:
    with pytest.raises(LinkFailedError) as failed:
        await reader(site, policy).read(f"http://{HOST}{path}")
    return failed.value.reason


async def test_a_page_is_read_with_its_title_and_text(site: web.HostileSite) -> None:
    page = await reader(site).read(f"http://{HOST}/#part")

    assert page.title == "Мост открыт — Речной"
    assert page.html == web.ARTICLE.encode()
    assert "пешеходный мост через реку" in page.markdown
    assert page.text_excerpt.startswith("Мост открыт")
    assert page.word_count > 20
    assert len(page.content_sha256) == 64
    assert (page.status, page.final_url) == (200, f"http://{HOST}/")
    assert site.asked == [(HOST, "/")]


@pytest.mark.parametrize(
    "answer",
    [
        web.deflated(web.ARTICLE),
        web.plain(gzip.compress(web.ARTICLE.encode()), extra={"Content-Encoding": "gzip"}),
        web.plain(web.ARTICLE.encode("cp1251"), kind="text/html; charset=windows-1251"),
        web.plain("После реставрации открыт пешеходный мост через реку.".encode(), kind="text/plain"),
    ],
)
async def test_a_page_may_be_packed_or_in_another_encoding(site: web.HostileSite, answer: web.Answer) -> None:
    site.answers["/"] = answer

    assert "пешеходный мост" in (await reader(site).read(f"http://{HOST}/")).markdown


async def test_text_that_no_store_takes_is_made_storable(site: web.HostileSite) -> None:
    site.answers["/"] = web.plain(b"a bridge\0 across the river", kind="text/plain; charset=utf-8")

    page = await reader(site).read(f"http://{HOST}/")

    assert "\0" not in page.markdown + page.text_excerpt


async def test_redirects_are_followed_to_the_page(site: web.HostileSite) -> None:
    site.answers |= {"/a": web.redirect("/b"), "/b": web.redirect(f"http://{HOST}/")}

    page = await reader(site).read(f"http://{HOST}/a")

    assert (page.url, page.final_url) == (f"http://{HOST}/a", f"http://{HOST}/")


async def test_a_redirect_loop_ends(site: web.HostileSite) -> None:
    site.answers |= {"/a": web.redirect("/b"), "/b": web.redirect("/a")}

    assert await refusal(site, "/a") == "too_many_redirects"
    assert len(site.asked) == LIMITS.max_redirects + 1


async def test_a_redirect_of_a_vouched_host_to_tls_is_refused(site: web.HostileSite) -> None:
    site.answers["/"] = web.redirect(f"https://{HOST}/")

    assert await refusal(site, "/") == "scheme_not_allowed"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (web.gzip_bomb(64), "too_large"),
        (web.nested_bomb(), "content_type"),
        (web.plain(b"x", extra={"Content-Encoding": "br"}), "content_type"),
        (web.plain(b"x" * 200_001), "too_large"),
        (web.endless(), "too_large"),
        (web.plain(b"%PDF", kind="application/pdf"), "content_type"),
        (web.plain(b"<p>x</p>", kind=""), "content_type"),
        (web.plain(b""), "empty_page"),
        (web.plain(b"<html><body></body></html>"), "empty_page"),
        (web.plain(b"x", status="404 Not Found"), "not_found"),
        (web.plain(b"x", status="410 Gone"), "not_found"),
        (web.plain(b"x", status="403 Forbidden"), "forbidden"),
        (web.plain(b"x", status="418 Teapot"), "http_4xx"),
    ],
)
async def test_what_is_no_page_is_refused(site: web.HostileSite, answer: web.Answer, reason: str) -> None:
    site.answers["/"] = answer

    assert await refusal(site, "/") == reason


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (web.plain(b"x", status="500 Internal Server Error"), "http_5xx"),
        (web.plain(b"x", status="503 Unavailable"), "http_5xx"),
        (web.plain(b"x", status="429 Too Many Requests"), "rate_limited"),
        (web.broken_off(), "connection"),
        (web.garbage(), "connection"),
        (web.plain(b"no gzip", extra={"Content-Encoding": "gzip"}), "connection"),
    ],
)
async def test_what_may_pass_is_a_failure(site: web.HostileSite, answer: web.Answer, reason: str) -> None:
    site.answers["/"] = answer

    assert await failure(site, "/") == reason


@pytest.mark.parametrize(
    "beginning",
    [b"", b"HTTP/1.1 200 OK\r\nContent-Ty", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>slow"],
)
async def test_a_site_that_says_nothing_more_is_left(site: web.HostileSite, beginning: bytes) -> None:
    site.answers["/"] = web.silent_after(beginning)

    assert await failure(site, "/", LIMITS.model_copy(update={"total_timeout_s": 0.2})) == "timeout"


async def test_a_closed_port_is_a_failure() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        reader = WebReader(LIMITS, {HOST: f"127.0.0.1:{taken.getsockname()[1]}"})

        with pytest.raises(LinkFailedError) as failed:
            await reader.read(f"http://{HOST}/")

    assert failed.value.reason == "connection"


class Recording(httpx.AsyncBaseTransport):
    """Connects to nothing and says what it was asked to connect to."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.host == "93.184.216.34":
            raise httpx.ConnectError("down")
        return httpx.Response(
            200, headers={"Content-Type": "text/html"}, stream=httpx.ByteStream(web.ARTICLE.encode())
        )


async def test_the_checked_address_is_the_one_connected_to_though_the_name_moves_meanwhile() -> None:
    network = Recording()
    resolve = answering(("93.184.216.35",), ("127.0.0.1",))

    page = await WebReader(LIMITS, resolver=resolve, open_transport=lambda: network).read(
        "https://rebound.example/a?b=c"
    )

    (request,) = network.requests
    assert str(request.url) == "https://93.184.216.35/a?b=c"
    assert request.headers["host"] == "rebound.example"
    assert request.extensions["sni_hostname"] == "rebound.example"
    assert page.final_url == "https://rebound.example/a?b=c"


async def test_a_host_is_up_when_one_of_its_addresses_is() -> None:
    network = Recording()
    resolve = answering(("93.184.216.34", "93.184.216.35"))

    await WebReader(LIMITS, resolver=resolve, open_transport=lambda: network).read("http://two.example/")

    assert [request.url.host for request in network.requests] == ["93.184.216.34", "93.184.216.35"]


def failing(errno: int) -> Resolver:
    async def resolve(host: str, port: int) -> tuple[str, ...]:
        raise socket.gaierror(errno, "no")

    return resolve


async def test_an_unknown_host_is_refused() -> None:
    with pytest.raises(RefusedError) as refused:
        await WebReader(LIMITS, resolver=failing(socket.EAI_NONAME)).read("http://gone.example/")

    assert refused.value.reason == "dns_failure"


async def test_a_silent_name_server_is_a_failure() -> None:
    with pytest.raises(LinkFailedError):
        await WebReader(LIMITS, resolver=failing(socket.EAI_AGAIN)).read("http://gone.example/")


async def test_proxies_of_the_environment_are_not_used(
    site: web.HostileSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert (await reader(site).read(f"http://{HOST}/")).status == 200
