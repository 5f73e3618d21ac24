"""Reading a link of a stranger: the page, or one sentence why not."""

import asyncio
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import httpx

from adapters.web.body import body_of
from adapters.web.extract import Extract, extract
from adapters.web.target import Rules, Target
from adapters.web.transport import (
    Resolver,
    TransportFactory,
    addresses,
    answer,
    our_errors,
    system_resolver,
    system_transport,
)
from contracts.errors import LinkFailedError, RefusedError
from domain.policy import CrawlPolicy
from domain.text import word_count

_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_REFUSALS: Final = {401: "forbidden", 403: "forbidden", 404: "not_found", 410: "not_found", 451: "forbidden"}


@dataclass(frozen=True)
class WebPage:
    """A page as the web gave it. ``content_sha256`` is that of ``markdown``; ``html`` are the bytes, unpacked."""

    url: str
    final_url: str
    status: int
    title: str | None
    html: bytes
    markdown: str
    text_excerpt: str
    word_count: int
    content_sha256: str
    latency_ms: int


@dataclass(frozen=True)
class _Answer:
    url: str
    status: int
    content_type: str
    body: bytes


class WebReader:
    """Reads pages within the limits of a policy, and only from the public internet.

    Names are resolved once per hop; what was checked is what is connected to. ``overrides`` maps a host to the
    ``address:port`` that the operator vouches for, http only.
    """

    def __init__(
        self,
        policy: CrawlPolicy,
        overrides: Mapping[str, str] = _NONE,
        resolver: Resolver = system_resolver,
        open_transport: TransportFactory | None = None,
    ) -> None:
        self._policy, self._resolve = policy, resolver
        self._rules = Rules(policy.allowlist_domains, policy.denylist_domains, overrides)
        self._open = open_transport or system_transport()

    async def read(self, url: str) -> WebPage:
        """Return the page that ``url`` leads to, redirects followed.

        Raises:
            RefusedError: it will never do: the link, the address, the answer.
            LinkFailedError: the site did not answer, or said that it cannot now.
        """
        start = time.monotonic()
        with our_errors():
            async with asyncio.timeout(self._policy.total_timeout_s):
                answered = await self._follow(url)
                said = await asyncio.to_thread(extract, answered.body, answered.content_type)
        return _page(url, answered, said, round((time.monotonic() - start) * 1000))

    async def _follow(self, url: str) -> _Answer:
        target = self._rules.target(url)
        for _ in range(self._policy.max_redirects + 1):
            answered = await self._ask(target)
            if isinstance(answered, _Answer):
                return answered
            target = answered
        raise RefusedError(f"More than {self._policy.max_redirects} redirects.", "too_many_redirects")

    async def _ask(self, target: Target) -> _Answer | Target:
        """Return the answer of one hop, or where it sends us."""
        hosts = await addresses(target, self._resolve)
        async with answer(target, hosts, self._open, self._policy.total_timeout_s) as response:
            if response.has_redirect_location:
                return self._next(target, response.headers["location"])
            _check_status(response.status_code)
            kind = response.headers.get("content-type", "").strip().lower()
            if kind.partition(";")[0].strip() not in self._policy.content_types:
                raise RefusedError("The link leads to something that is no page.", "content_type")
            body = await body_of(response, self._policy.max_response_bytes)
        return _Answer(url=str(target.url), status=response.status_code, content_type=kind, body=body)

    def _next(self, target: Target, location: str) -> Target:
        try:
            return self._rules.target(str(target.url.join(location.strip().replace(" ", "%20"))))
        except (httpx.InvalidURL, ValueError) as error:
            raise RefusedError("The site redirects to something that is no link.", "bad_url") from error


def _check_status(status: int) -> None:
    if 200 <= status < 300:
        return
    if status == 429:
        raise LinkFailedError("The site asks to come back later.", "rate_limited")
    if status == 408:
        raise LinkFailedError("The site did not answer in time.", "timeout")
    if status >= 500:
        raise LinkFailedError(f"The site answered {status}.", "http_5xx")
    raise RefusedError(f"The site answered {status}.", _REFUSALS.get(status, "http_4xx"))


def _page(url: str, answered: _Answer, said: Extract, latency_ms: int) -> WebPage:
    return WebPage(
        url=url,
        final_url=answered.url,
        status=answered.status,
        title=said.title,
        html=answered.body,
        markdown=said.markdown,
        text_excerpt=said.excerpt,
        word_count=word_count(said.markdown),
        content_sha256=hashlib.sha256(said.markdown.encode()).hexdigest(),
        latency_ms=latency_ms,
    )
