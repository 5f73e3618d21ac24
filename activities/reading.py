"""Reading one page: who reads it, and what counts it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from contracts.errors import LinkFailedError, UnavailableError
from contracts.page_budget import PageTaken
from domain.policy import CrawlPolicy


class WebPage(Protocol):
    """A page as the web gave it."""

    @property
    def final_url(self) -> str: ...
    @property
    def title(self) -> str | None: ...
    @property
    def html(self) -> bytes: ...
    @property
    def markdown(self) -> str: ...
    @property
    def text_excerpt(self) -> str: ...
    @property
    def word_count(self) -> int: ...
    @property
    def content_sha256(self) -> str: ...
    @property
    def latency_ms(self) -> int: ...


class Reader(Protocol):
    """Reads a page, or says why not; ``pay`` is awaited with the host before anything is asked of it."""

    async def read(self, url: str, pay: Callable[[str], Awaitable[None]]) -> WebPage: ...


class PageBudget(Protocol):
    """Allows so many pages."""

    async def take(self, tenant_id: UUID, host: str, policy: CrawlPolicy) -> PageTaken: ...

    async def give_back(self, taken: PageTaken) -> None: ...


@dataclass(frozen=True)
class Reading:
    """What a page is read by, and what counts it."""

    reader: Reader
    budget: PageBudget
    policy: CrawlPolicy

    async def read(self, tenant_id: UUID, url: str) -> WebPage:
        """Return the page, counted for the tenant where it was really asked for.

        Raises:
            RefusedError, LinkFailedError: as the reader says.
            BudgetExhaustedError: the tenant may read no more pages for now.
            UnavailableError: the reader itself did not manage; the page is not counted.
        """
        taken: list[PageTaken] = []

        async def pay(host: str) -> None:
            taken.append(await self.budget.take(tenant_id, host, self.policy))

        try:
            return await self.reader.read(url, pay)
        except LinkFailedError:
            raise
        except UnavailableError:
            for page in taken:
                await self.budget.give_back(page)
            raise
