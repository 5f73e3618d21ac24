"""Pages that links lead to, once per (tenant, link, policy version)."""

from datetime import timedelta
from typing import Final
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from contracts.material import Page

#: How long it is remembered that a site was away: long enough for the posts of one run to ask it once.
AWAY: Final = timedelta(hours=1)

#: Why a page was not read when the same address may well be read later.
_PASSING: Final = [
    "timeout", "http_5xx", "rate_limited", "connection", "dns_unavailable", "unreachable", "blocked_by_crawler",
]  # fmt: skip

HAS = """
SELECT true FROM pages
WHERE tenant_id = $1 AND page_key = $2
    AND fetched_at > now() - CASE WHEN skipped = ANY ($5::text[]) THEN LEAST($3, $4::interval) ELSE $3::interval END
"""

KEEP = """
INSERT INTO pages (tenant_id, page_key, url, final_url, title, excerpt, word_count, content_sha256, html_key, md_key,
    skipped, latency_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (tenant_id, page_key) DO UPDATE SET
    final_url = EXCLUDED.final_url, title = EXCLUDED.title, excerpt = EXCLUDED.excerpt,
    word_count = EXCLUDED.word_count, content_sha256 = EXCLUDED.content_sha256, html_key = EXCLUDED.html_key,
    md_key = EXCLUDED.md_key, skipped = EXCLUDED.skipped, latency_ms = EXCLUDED.latency_ms, fetched_at = now()
"""

#: A page that was read is worth more than the news that it cannot be read now.
KEEP_SKIPPED = """
INSERT INTO pages AS p (tenant_id, page_key, url, skipped) VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id, page_key) DO UPDATE SET skipped = EXCLUDED.skipped, fetched_at = now()
WHERE p.content_sha256 IS NULL
"""


class PageMemory:
    """Pages that were read, or refused."""

    def __init__(self, pool: asyncpg.Pool, lasting: timedelta) -> None:
        self._pool, self._lasting = pool, lasting

    async def has(self, tenant_id: UUID, key: str) -> bool:
        """Whether the page was read, or refused, recently enough; a site that was away is asked again sooner."""
        with our_errors():
            found = await self._pool.fetchval(HAS, tenant_id, key, self._lasting, AWAY, _PASSING)
        return bool(found)

    async def keep(self, tenant_id: UUID, key: str, page: Page) -> None:
        """Keep a page; the same page again replaces it, unless it was read before and cannot be read now."""
        with our_errors():
            if page.skipped:
                await self._pool.execute(KEEP_SKIPPED, tenant_id, key, page.url, page.skipped)
                return
            await self._pool.execute(
                KEEP, tenant_id, key, page.url, page.final_url, page.title, page.excerpt, page.word_count,
                page.content_sha256, page.html_key, page.md_key, page.skipped, page.latency_ms,
            )  # fmt: skip
