"""How many pages may be read: counted where everybody sees it, never beyond what is allowed."""

from typing import Final
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from contracts.errors import BudgetExhaustedError
from contracts.page_budget import PageTaken
from domain.policy import CrawlPolicy

#: One statement counts a page for its host's hour, then for the tenant's day, or says which of the two is full.
#: Whoever counts last waits for whoever counts first at the same row and sees what that left. Where the day is known to
#: be full nothing is counted; where it becomes full at this very moment the hour has one too many, and ends with it.
TAKE: Final = """
WITH at AS (SELECT date_trunc('hour', now(), 'UTC') AS hour, date_trunc('day', now(), 'UTC') AS day),
forgotten AS (DELETE FROM page_counts USING at WHERE tenant_id = $1 AND since < at.day - interval '1 day'),
full_day AS (SELECT FROM page_counts, at WHERE tenant_id = $1 AND host = '' AND since = at.day AND used >= $3),
of_host AS (
    INSERT INTO page_counts AS c (tenant_id, since, host, used)
    SELECT $1, at.hour, $2, 1 FROM at WHERE $3 > 0 AND $4 > 0 AND NOT EXISTS (SELECT FROM full_day)
    ON CONFLICT (tenant_id, since, host) DO UPDATE SET used = c.used + 1 WHERE c.used < $4
    RETURNING used
),
of_all AS (
    INSERT INTO page_counts AS c (tenant_id, since, host, used)
    SELECT $1, at.day, '', 1 FROM at, of_host
    ON CONFLICT (tenant_id, since, host) DO UPDATE SET used = c.used + 1 WHERE c.used < $3
    RETURNING used
)
SELECT at.hour, at.day, EXISTS (SELECT FROM of_all) AS is_taken,
    $3 <= 0 OR EXISTS (SELECT FROM full_day) OR EXISTS (SELECT FROM of_host) AS day_is_full,
    at.hour + interval '1 hour' AS next_hour, at.day + interval '1 day' AS next_day
FROM at
"""

#: In the same order as above, so that nobody waits for each other in a circle.
GIVE_BACK: Final = """
WITH of_host AS (
    UPDATE page_counts SET used = used - 1 WHERE tenant_id = $1 AND since = $3 AND host = $2 AND used > 0 RETURNING used
)
UPDATE page_counts AS c SET used = c.used - 1 FROM of_host
WHERE c.tenant_id = $1 AND c.since = $4 AND c.host = '' AND c.used > 0
"""


class PageBudget:
    """Counts pages by tenant and day, and by tenant, host and hour; by the database's own clock, in UTC."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def take(self, tenant_id: UUID, host: str, policy: CrawlPolicy) -> PageTaken:
        """Count one page that is going to be read from ``host``; a ``www.`` in front of it is no other host.

        Raises:
            BudgetExhaustedError: the tenant has read as many as the policy allows, today or from this host within this
                hour; goes on at the next UTC midnight, or at the next full hour.
        """
        host, most, most_of_host = (
            host.removeprefix("www."),
            policy.per_tenant_daily,
            policy.per_domain_hourly,
        )
        with our_errors():
            (row,) = await self._pool.fetch(TAKE, tenant_id, host, most, most_of_host)
        if row["is_taken"]:
            return PageTaken(tenant_id=tenant_id, host=host, hour=row["hour"], day=row["day"])
        if row["day_is_full"]:
            raise BudgetExhaustedError(f"{most} pages were read today: no more are allowed.", row["next_day"])
        raise BudgetExhaustedError(
            f"{most_of_host} pages of {host} were read within the hour: no more are allowed.",
            row["next_hour"],
        )

    async def give_back(self, taken: PageTaken) -> None:
        """Count one page less: it was not read after all."""
        with our_errors():
            await self._pool.execute(GIVE_BACK, taken.tenant_id, taken.host, taken.hour, taken.day)
