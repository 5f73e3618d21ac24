"""Reading pages by a Crawl4AI server: a browser reads, our own gate stands before it and after it."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

from adapters.crawl4ai import verdict
from adapters.crawl4ai.results import Result
from adapters.crawl4ai.server import Access, Crawl4AI
from adapters.web.extract import said
from adapters.web.gate import NO_OVERRIDES, Gate, Way
from adapters.web.page import Answer, Pay, WebPage, free, page_of
from adapters.web.status import check_type
from adapters.web.transport import Resolver, our_errors, system_resolver
from contracts.errors import RefusedError, UnavailableError
from domain.policy import CrawlPolicy

#: What makes pages stale that were read by an older one of this reader.
VERSION: Final = "1"
#: An answer holds a page several times: as it came, cleaned, and as Markdown. A page that is large is markup mostly.
ROOM: Final = 2
#: The part of a read's time that finding out where a link leads may take, before the page is read and once more after.
_FOR_THE_WAY: Final = 0.25


class Crawl4AIReader:
    """Reads pages within the limits of a policy, and gives none that did not come from the public internet.

    A browser resolves names and follows redirects by itself, so what it found in the end is checked like the link was;
    to keep it from forbidden addresses on its way is the server's part, which it does since 0.9.
    """

    def __init__(
        self,
        policy: CrawlPolicy,
        url: str,
        token: str | None,
        seconds: float,
        overrides: Mapping[str, str] = NO_OVERRIDES,
        resolver: Resolver = system_resolver,
    ) -> None:
        self._policy, self._gate, self._seconds = policy, Gate(policy, overrides, resolver), seconds
        self._server = Crawl4AI(Access(url, token, seconds, ROOM * policy.max_response_bytes))

    async def read(self, url: str, pay: Pay = free) -> WebPage:
        """Return the page that ``url`` leads to; ``pay`` is awaited before the crawler is asked.

        Raises:
            RefusedError: it will never do: the link, the address, the page.
            LinkFailedError: the site did not answer, or said that it cannot now.
            UnavailableError: the crawler itself did not manage, or not within the time that all of this may take.
        """
        try:
            async with asyncio.timeout(self._seconds):
                return await self._read(url, pay)
        except TimeoutError as error:
            raise UnavailableError(f"The crawler did not answer within {self._seconds:g} s.") from error

    async def _read(self, url: str, pay: Pay) -> WebPage:
        start = time.monotonic()
        way = await self._way(url)
        await pay(way.target.host)
        result = await self._server.crawl(str(way.target.url), self._policy.total_timeout_s)
        answered = await self._checked(way, result)
        text = await asyncio.to_thread(said, result.title, result.text)
        return page_of(url, answered, text, round((time.monotonic() - start) * 1000))

    async def _way(self, link: str) -> Way:
        with our_errors():
            async with asyncio.timeout(min(self._policy.total_timeout_s, _FOR_THE_WAY * self._seconds)):
                return await self._gate.way(link)

    async def _checked(self, way: Way, result: Result) -> Answer:
        """Return what was read, if that is a page and stood where a link may lead."""
        url = str(way.target.url)
        if result.success:
            url = str((await self._way(result.final_url or url)).target.url)
        verdict.check(result)
        kind, html = result.header("content-type"), (result.html or "").encode()
        if kind:
            check_type(kind, self._policy.content_types)
        if len(html) > self._policy.max_response_bytes:
            raise RefusedError("The page is larger than is read.", "too_large")
        return Answer(url=url, status=result.status or 200, content_type=kind, body=html)
