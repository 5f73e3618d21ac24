"""Pages that links lead to, once per (tenant, link, policy version)."""

from datetime import timedelta
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from contracts.material import Page

KEEP = """
INSERT INTO pages (tenant_id, page_key, url, final_url, title, excerpt, word_count, content_sha256, html_key, md_key,
    skipped, latency_ms)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (tenant_id, page_key) DO UPDATE SET
    final_url = EXCLUDED.final_url, title = EXCLUDED.title, excerpt = EXCLUDED.excerpt,
    word_count = EXCLUDED.word_count, content_sha256 = EXCLUDED.content_sha256, html_key = EXCLUDED.html_key,
    md_key = EXCLUDED.md_key, skipped = EXCLUDED.skipped, latency_ms = EXCLUDED.latency_ms, fetched_at = now()
"""


class PageMemory:
    """Pages that were read, or refused."""

    def __init__(self, pool: asyncpg.Pool, lasting: timedelta) -> None:
        self._pool, self._lasting = pool, lasting

    async def has(self, tenant_id: UUID, key: str) -> bool:
        """Whether the page was read, or refused, recently enough."""
        with our_errors():
            found = await self._pool.fetchval(
                "SELECT true FROM pages WHERE tenant_id = $1 AND page_key = $2 AND fetched_at > now() - $3::interval",
                tenant_id,
                key,
                self._lasting,
            )
        return bool(found)

    async def keep(self, tenant_id: UUID, key: str, page: Page) -> None:
        """Keep a page; the same page again replaces it."""
        with our_errors():
            await self._pool.execute(
                KEEP, tenant_id, key, page.url, page.final_url, page.title, page.excerpt, page.word_count,
                page.content_sha256, page.html_key, page.md_key, page.skipped, page.latency_ms,
            )  # fmt: skip
