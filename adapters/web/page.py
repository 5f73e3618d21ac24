"""A page as a reader gives it."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from adapters.web.extract import Extract
from domain.text import word_count

#: Awaited once with the host, when its address was checked and before it is asked for anything.
Pay = Callable[[str], Awaitable[None]]


async def free(host: str) -> None:
    """Whoever reads pages without counting them."""


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
class Answer:
    """What was answered at the end of all redirects."""

    url: str
    status: int
    content_type: str
    body: bytes


def page_of(url: str, answered: Answer, said: Extract, latency_ms: int) -> WebPage:
    """Return the page that ``url`` led to, with what it says."""
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
