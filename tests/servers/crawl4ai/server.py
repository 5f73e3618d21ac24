"""A Crawl4AI server that answers like the real one, on a socket of this machine."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

from tests.servers.crawl4ai.asked import Asked, RejectedBodyError
from tests.servers.crawl4ai.internet import BlockedError, BrowserError, Internet
from tests.servers.crawl4ai.results import failed, read
from tests.servers.crawl4ai.tricks import OPAQUE, TRICKS, as_lines, slow
from tests.servers.crawl4ai.wire import MAX_BODY, Reply, Request, request_from, said

VERSION: Final = "0.9.2"
_OPEN_TO_ALL: Final = {"/health", "/_fake/ledger", "/_fake/trick"}


@dataclass
class Ledger:
    """What was asked: calls by path, and how often each page."""

    calls: Counter[str] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Manners:
    """How the server is set up. ``keeps_back``: a page that fails is a 500 without a reason, as in 0.9.0 to 0.9.5."""

    token: str | None = None
    version: str = VERSION
    keeps_back: bool = True


class FakeCrawl4AI:
    """Reads pages of ``internet``, or gives ``pages`` (by URL, laid over what was read) as long as the block lasts.

    ``trick`` names one of :data:`TRICKS`, or ``slow``: then that is what every page gets.
    """

    def __init__(self, internet: Internet | None = None, manners: Manners | None = None) -> None:
        self._internet, self._manners = internet or Internet(), manners or Manners()
        self.pages: dict[str, dict[str, Any]] = {}
        self.trick: str | None = None
        self.ledger = Ledger()
        self.bodies: list[Any] = []
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where it answers."""
        assert self._server is not None
        return "http://{}:{}".format(*self._server.sockets[0].getsockname()[:2])

    async def start(self, port: int = 0) -> Self:
        """Listen on a port of 127.0.0.1, 0 takes any."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port)
        return self

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._serving.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write((await self._reply(await request_from(reader))).encoded())
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # whoever asked has had enough
        finally:
            writer.close()

    async def _reply(self, request: Request) -> Reply:
        self.ledger.calls[request.path] += 1
        if request.path not in _OPEN_TO_ALL and not self._knows(request):
            return said(401, {"detail": "Authentication required"}, **{"WWW-Authenticate": "Bearer"})
        if int(request.headers.get("content-length", "0")) > MAX_BODY:
            return TRICKS["body_too_large"]()
        if request.path in {"/crawl", "/crawl/stream", "/md"}:
            return await self._crawl(request)
        return self._about_itself(request)

    def _about_itself(self, request: Request) -> Reply:
        words: Any = None
        match request.method, request.path:
            case "GET", "/health":
                words = {"status": "ok", "timestamp": 1764154800.0, "version": self._manners.version}
            case "GET", "/hooks/info":
                words = {"available_actions": []}
            case "GET", "/_fake/ledger":
                words = {"calls": self.ledger.calls, "pages": self.ledger.pages}
            case "POST", "/_fake/trick":
                self.trick = (request.json() or {}).get("trick")
                words = {"trick": self.trick}
        return said(200, words) if words else TRICKS["not_there"]()

    def _knows(self, request: Request) -> bool:
        token = self._manners.token
        return token is None or request.headers.get("authorization") == f"Bearer {token}"

    async def _crawl(self, request: Request) -> Reply:
        self.bodies.append(request.json())
        if self.trick == "slow":
            await slow()
        if self.trick is not None:
            return TRICKS[self.trick]()
        try:
            asked = Asked.of(request)
            for url in asked.urls:
                self._internet.check(url)
        except RejectedBodyError as error:
            return said(error.status, {"detail": error.detail})
        except BlockedError as error:
            return said(400, {"detail": str(error)})
        return self._written(request.path, asked, [await self._page(url, asked) for url in asked.urls])

    async def _page(self, url: str, asked: Asked) -> dict[str, Any]:
        self.ledger.pages[url] += 1
        canned = self.pages.get(url, {})
        try:
            result = read(await self._internet.visit(url, asked.seconds), tidied=asked.tidied)
        except BrowserError as error:
            result = failed(url, str(error))
        return {**result, **canned}

    def _written(self, path: str, asked: Asked, results: list[dict[str, Any]]) -> Reply:
        if path == "/crawl/stream" or asked.streams:
            return Reply(200, as_lines(results), "application/x-ndjson")
        if not any(result["success"] for result in results) and (self._manners.keeps_back or path == "/md"):
            return said(500, OPAQUE)
        if path == "/md":
            markdown = results[0]["markdown"]["fit_markdown"]
            return said(200, {"url": asked.urls[0], "filter": "fit", "query": None, "cache": "0", "markdown": markdown,
                              "success": True})  # fmt: skip
        about = {
            "server_processing_time_s": 0.2,
            "server_memory_delta_mb": 1.5,
            "server_peak_memory_mb": 512.0,
        }
        try:
            return said(200, {"success": True, "results": results, **about})
        except UnicodeEncodeError:  # half a character in a page breaks the real one's writing as well
            return said(500, OPAQUE)
