"""A fake of the budget of pages."""

from datetime import datetime
from uuid import UUID

from contracts.errors import BudgetExhaustedError
from contracts.page_budget import PageTaken
from domain.policy import CrawlPolicy
from tests.build import MOMENT


class FakePageBudget:
    """Allows whatever is asked for, until ``spent`` says until when nothing is; ``taken`` are the pages that count."""

    def __init__(self) -> None:
        self.taken: list[PageTaken] = []
        self.spent: datetime | None = None

    async def take(self, tenant_id: UUID, host: str, policy: CrawlPolicy) -> PageTaken:
        if self.spent:
            raise BudgetExhaustedError(f"{policy.per_tenant_daily} pages were read", self.spent)
        page = PageTaken(tenant_id=tenant_id, host=host, hour=MOMENT, day=MOMENT)
        self.taken.append(page)
        return page

    async def give_back(self, taken: PageTaken) -> None:
        self.taken.remove(taken)
