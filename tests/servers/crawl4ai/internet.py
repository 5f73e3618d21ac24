"""The network as the fake crawler sees it: its own names, its own gate, real requests to sites of this machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Final

import httpx

_MOST_HOPS: Final = 20
#: How many seconds a site is waited for that nobody set a time for.
_PATIENCE: Final = 30.0


class BlockedError(Exception):
    """The crawler's own gate: the link leads nowhere public, or nowhere at all."""


class BrowserError(Exception):
    """What the browser says that could not go to a page; the message holds its code."""


@dataclass(frozen=True)
class Visit:
    """A page that a browser went to."""

    url: str
    final_url: str
    status: int
    final_status: int
    headers: Mapping[str, str]
    html: str


@dataclass(frozen=True)
class Internet:
    """``sites`` are public hosts and ``inside`` forbidden ones, each with the ``address:port`` that really answers.

    Whatever else is asked for, addresses among it, leads to ``trap`` if there is one. Without ``gate`` it is a
    crawler from before 0.9: it goes wherever it is sent.
    """

    sites: Mapping[str, str] = field(default_factory=dict)
    inside: Mapping[str, str] = field(default_factory=dict)
    trap: str | None = None
    gate: bool = True

    def check(self, url: str) -> None:
        """Let a link through or raise :class:`BlockedError`, as the server does before it asks the browser."""
        if self.gate and not self._is_public(httpx.URL(url).host):
            raise BlockedError("URL blocked")

    async def visit(self, url: str, seconds: float | None) -> Visit:
        """Go to a page, along all redirects."""
        at, first = httpx.URL(url), 0
        limits = httpx.Timeout(seconds or _PATIENCE)
        try:
            async with httpx.AsyncClient(timeout=limits, trust_env=False, verify=False) as client:
                for _ in range(_MOST_HOPS):
                    answer = await self._get(client, at)
                    first = first or answer.status_code
                    if not answer.has_redirect_location:
                        return _visit(url, at, first, answer)
                    at = at.join(answer.headers["location"])
        except httpx.TimeoutException as error:
            raise BrowserError(
                f"Page.goto: Timeout {(seconds or _PATIENCE) * 1000:.0f}ms exceeded."
            ) from error
        except httpx.ConnectError as error:
            raise BrowserError(f"Page.goto: net::ERR_CONNECTION_REFUSED at {url}") from error
        except httpx.HTTPError as error:
            raise BrowserError(f"Page.goto: net::ERR_EMPTY_RESPONSE at {url}") from error
        raise BrowserError(f"Page.goto: net::ERR_TOO_MANY_REDIRECTS at {url}")

    async def _get(self, client: httpx.AsyncClient, url: httpx.URL) -> httpx.Response:
        """Ask a site; where the gate is closed, answer as the proxy behind the browser does."""
        if url.scheme not in {"http", "https"}:
            raise BrowserError(f"Page.goto: net::ERR_UNKNOWN_URL_SCHEME at {url}")
        if self.gate and not self._is_public(url.host):
            if url.scheme == "https":
                raise BrowserError(f"Page.goto: net::ERR_TUNNEL_CONNECTION_FAILED at {url}")
            return httpx.Response(403, headers={"Content-Type": "text/plain"}, text="URL blocked")
        place = self.sites.get(url.host) or self.inside.get(url.host) or self.trap
        if place is None:
            raise BrowserError(f"Page.goto: net::ERR_NAME_NOT_RESOLVED at {url}")
        address, _, port = place.rpartition(":")
        pinned = url.copy_with(scheme="http", host=address, port=int(port))
        return await client.get(pinned, headers={"Host": url.netloc.decode("ascii")})

    def _is_public(self, host: str) -> bool:
        try:
            return ip_address(host).is_global
        except ValueError:
            return host in self.sites


def _visit(url: str, at: httpx.URL, first: int, answer: httpx.Response) -> Visit:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Visit(url, str(at), first, answer.status_code, headers, answer.text)
