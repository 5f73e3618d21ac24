"""The address that was checked is the one connected to."""

import asyncio
import socket
from collections.abc import Sequence

import httpx
import pytest

from adapters.web.reader import WebReader
from contracts.errors import LinkFailedError, RefusedError
from domain.policy import CrawlPolicy
from tests.servers.hostile_site import ARTICLE, HostileSite, plain, redirect

PUBLIC, OTHER, PRIVATE = "93.184.216.34", "2606:4700::1111", "127.0.0.1"
PAGE = plain(ARTICLE.encode())


class Names:
    """Answers with the next of its answers, the last one again and again; remembers who was asked for."""

    def __init__(self, *answers: Sequence[str] | OSError) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        self.asked.append(host)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, OSError):
            raise answer
        return tuple(answer)


class Internet(httpx.AsyncBaseTransport):
    """Carries whatever goes to an address to a site on this machine; addresses in ``down`` refuse."""

    def __init__(self, address: str, *down: str) -> None:
        self._port, self._down, self.connected = int(address.rpartition(":")[2]), down, list[str]()

    def __call__(self) -> httpx.AsyncBaseTransport:
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.connected.append(request.url.host)
        if request.url.host in self._down:
            raise httpx.ConnectError("refused")
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return await httpx.AsyncHTTPTransport(trust_env=False).handle_async_request(request)


async def test_a_name_is_asked_for_once_and_its_checked_address_connected_to() -> None:
    names = Names([PUBLIC], [PRIVATE])

    async with HostileSite({"/page": PAGE}) as site:
        internet = Internet(site.address)
        got = await WebReader(CrawlPolicy(), {}, names, internet).read("http://a.example/page")

    assert got.final_url == "http://a.example/page"
    assert (names.asked, internet.connected) == (["a.example"], [PUBLIC])
    assert site.asked == [("a.example", "/page")]


async def test_an_override_does_not_vouch_for_the_hosts_it_redirects_to() -> None:
    async with HostileSite({"/page": redirect("http://other.example/")}) as site:
        reader = WebReader(CrawlPolicy(), {"a.example": site.address}, Names([PRIVATE]))
        with pytest.raises(RefusedError) as refused:
            await reader.read("http://a.example/page")

    assert refused.value.reason == "private_address"


async def test_the_next_address_is_used_when_the_first_cannot_be_connected_to() -> None:
    async with HostileSite({"/page": PAGE}) as site:
        internet = Internet(site.address, OTHER)
        await WebReader(CrawlPolicy(), {}, Names([OTHER, PUBLIC]), internet).read("http://a.example/page")

    assert internet.connected == [OTHER, PUBLIC]


@pytest.mark.parametrize("code", [socket.EAI_NONAME, socket.EAI_NODATA])
async def test_a_host_that_does_not_exist_is_refused(code: int) -> None:
    with pytest.raises(RefusedError) as refused:
        await WebReader(CrawlPolicy(), {}, Names(socket.gaierror(code, "no"))).read("http://a.example/")

    assert refused.value.reason == "dns_failure"


async def test_a_name_server_that_does_not_answer_fails_the_link_for_now() -> None:
    with pytest.raises(LinkFailedError) as failed:
        await WebReader(CrawlPolicy(), {}, Names(socket.gaierror(socket.EAI_AGAIN, "no"))).read(
            "http://a.example/"
        )

    assert failed.value.reason == "dns_unavailable"


async def test_a_resolver_that_hangs_ends_with_the_time() -> None:
    async def hangs(host: str, port: int) -> tuple[str, ...]:
        await asyncio.Event().wait()
        return ()

    with pytest.raises(LinkFailedError) as failed:
        await WebReader(CrawlPolicy(total_timeout_s=0.1), {}, hangs).read("http://a.example/")

    assert failed.value.reason == "timeout"


async def test_tls_is_spoken_with_the_name_of_the_link_and_must_succeed() -> None:
    hellos: list[bytes] = []

    async def no_tls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hellos.append(await reader.read(4096))
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(no_tls, "127.0.0.1", 0) as server:
        internet = Internet(f":{server.sockets[0].getsockname()[1]}")
        with pytest.raises(RefusedError) as refused:
            await WebReader(CrawlPolicy(), {}, Names([PUBLIC]), internet).read("https://a.example/")

    assert refused.value.reason == "tls_error"
    assert b"a.example" in hellos[0]


async def test_a_site_that_hangs_up_during_tls_fails_the_link_for_now() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)

    async with server:
        internet = Internet(f":{server.sockets[0].getsockname()[1]}")
        with pytest.raises(LinkFailedError) as failed:
            await WebReader(CrawlPolicy(), {}, Names([PUBLIC]), internet).read("https://a.example/")

    assert failed.value.reason == "connection"
