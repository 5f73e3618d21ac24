"""Reading a link of a stranger: the page, or one sentence why not."""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

import httpx

from adapters.web.body import body_of
from adapters.web.extract import extract
from adapters.web.gate import NO_OVERRIDES, Gate, Way
from adapters.web.page import Answer, Pay, WebPage, free, page_of
from adapters.web.status import check_status, check_type
from adapters.web.transport import (
    Resolver,
    TransportFactory,
    answer,
    our_errors,
    system_resolver,
    system_transport,
)
from contracts.errors import RefusedError
from domain.policy import CrawlPolicy

_NO_TIME: Final = 0.001  # seconds: what is left when all of it is used up


class WebReader:
    """Reads pages within the limits of a policy, and only from the public internet.

    Names are resolved once per hop; what was checked is what is connected to. ``overrides`` maps a host to the
    ``address:port`` that the operator vouches for, http only.
    """

    def __init__(
        self,
        policy: CrawlPolicy,
        overrides: Mapping[str, str] = NO_OVERRIDES,
        resolver: Resolver = system_resolver,
        open_transport: TransportFactory | None = None,
    ) -> None:
        self._policy, self._gate = policy, Gate(policy, overrides, resolver)
        self._open = open_transport or system_transport()

    async def read(self, url: str, pay: Pay = free) -> WebPage:
        """Return the page that ``url`` leads to, redirects followed; ``pay`` is awaited before the site is asked.

        Raises:
            RefusedError: it will never do: the link, the address, the answer.
            LinkFailedError: the site did not answer, or said that it cannot now.
        """
        start = time.monotonic()
        with our_errors():
            async with asyncio.timeout(self._policy.total_timeout_s):
                way = await self._gate.way(url)
        left = max(_NO_TIME, self._policy.total_timeout_s - (time.monotonic() - start))
        await pay(way.target.host)
        with our_errors():
            async with asyncio.timeout(left):
                answered = await self._follow(way)
                said = await asyncio.to_thread(extract, answered.body, answered.content_type)
        return page_of(url, answered, said, round((time.monotonic() - start) * 1000))

    async def _follow(self, way: Way) -> Answer:
        for _ in range(self._policy.max_redirects + 1):
            answered = await self._ask(way)
            if isinstance(answered, Answer):
                return answered
            way = await self._gate.way(answered)
        raise RefusedError(f"More than {self._policy.max_redirects} redirects.", "too_many_redirects")

    async def _ask(self, way: Way) -> Answer | str:
        """Return the answer of one hop, or the link that it sends us to."""
        target = way.target
        async with answer(target, way.addresses, self._open, self._policy.total_timeout_s) as response:
            if response.has_redirect_location:
                return _next(target.url, response.headers["location"])
            check_status(response.status_code)
            kind = response.headers.get("content-type", "").strip().lower()
            check_type(kind, self._policy.content_types)
            body = await body_of(response, self._policy.max_response_bytes)
        return Answer(url=str(target.url), status=response.status_code, content_type=kind, body=body)


def _next(url: httpx.URL, location: str) -> str:
    try:
        return str(url.join(location.strip().replace(" ", "%20")))
    except (httpx.InvalidURL, ValueError) as error:
        raise RefusedError("The site redirects to something that is no link.", "bad_url") from error
