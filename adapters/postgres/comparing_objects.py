"""What the archive says should be in the object store, page by page; and what is changed to have it made again."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from contracts.vision import PictureFacts

MEDIA: Final = """
SELECT file_sha256 AS cursor, ARRAY[s3_key] AS keys FROM media_objects
WHERE tenant_id = $1 AND s3_key IS NOT NULL AND file_sha256 > $2 AND ($3 = '' OR file_sha256 <= $3)
ORDER BY file_sha256 LIMIT $4
"""

VISION: Final = """
SELECT file_sha256 AS cursor, array_agg(DISTINCT s3_key) AS keys FROM media_vision
WHERE tenant_id = $1 AND features_hash IS NOT NULL AND s3_key IS NOT NULL AND file_sha256 > $2
    AND ($3 = '' OR file_sha256 <= $3)
GROUP BY file_sha256 ORDER BY file_sha256 LIMIT $4
"""

PAGES: Final = """
SELECT page_key AS cursor, array_remove(ARRAY[html_key, md_key], NULL) AS keys FROM pages
WHERE tenant_id = $1 AND html_key IS NOT NULL AND page_key > $2 AND ($3 = '' OR page_key <= $3)
ORDER BY page_key LIMIT $4
"""

#: Looks of several versions may share a key; the latest is what was written last.
FACTS: Final = """
SELECT data FROM media_vision WHERE tenant_id = $1 AND file_sha256 = $2 AND s3_key = $3 AND data IS NOT NULL
ORDER BY analyzed_at DESC LIMIT 1
"""

#: The post that read the page ``g``, by the key of its objects; when that is gone, the first other with the link.
READER: Final = """COALESCE(
    (SELECT p.id FROM posts p WHERE p.tenant_id = g.tenant_id
        AND p.id = CASE WHEN g.html_key LIKE 'crawl/%' THEN split_part(g.html_key, '/', 3)::uuid END),
    (SELECT p.id FROM posts p WHERE p.tenant_id = g.tenant_id AND p.urls ? g.url ORDER BY p.id LIMIT 1))
"""

READERS: Final = f"SELECT {READER} AS post_id FROM pages g WHERE g.tenant_id = $1 AND g.page_key = ANY ($2)"  # noqa: S608  # ours

#: What is known of the page stays until it was read again.
EXPIRE: Final = "UPDATE pages SET fetched_at = 'epoch' WHERE tenant_id = $1 AND page_key = ANY ($2)"

FORGET: Final = """
UPDATE pages SET html_key = NULL, md_key = NULL
WHERE tenant_id = $1 AND page_key > $2 AND page_key <= $3 AND fetched_at = 'epoch'
"""


class StoredThing:
    """A row of the archive and the keys of the objects that it says there are."""

    def __init__(self, cursor: str, keys: Sequence[str]) -> None:
        self.cursor, self.keys = cursor, tuple(keys)


class ObjectComparison:
    """The archive, as it is compared with the object store."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def media(self, tenant_id: UUID, after: str, until: str, limit: int) -> list[StoredThing]:
        """Return up to ``limit`` files whose bytes were stored, by sha256."""
        return await self._things(MEDIA, tenant_id, after, until, limit)

    async def vision(self, tenant_id: UUID, after: str, until: str, limit: int) -> list[StoredThing]:
        """Return up to ``limit`` files that were looked at, by sha256."""
        return await self._things(VISION, tenant_id, after, until, limit)

    async def pages(self, tenant_id: UUID, after: str, until: str, limit: int) -> list[StoredThing]:
        """Return up to ``limit`` pages that were read, by key."""
        return await self._things(PAGES, tenant_id, after, until, limit)

    async def facts(self, tenant_id: UUID, sha256: str, key: str) -> PictureFacts | None:
        """Return what was seen, as the object of that key held it."""
        with our_errors():
            data = await self._pool.fetchval(FACTS, tenant_id, sha256, key)
        return PictureFacts.model_validate(data) if data else None

    async def readers(self, tenant_id: UUID, page_keys: Sequence[str]) -> list[UUID]:
        """Return a post for each of these pages that can read it; none for what no post links to any more."""
        with our_errors():
            rows = await self._pool.fetch(READERS, tenant_id, list(page_keys))
        return list({row["post_id"]: None for row in rows if row["post_id"]})

    async def expire(self, tenant_id: UUID, page_keys: Sequence[str]) -> None:
        """Have these pages read again by the next post that wants them."""
        with our_errors():
            await self._pool.execute(EXPIRE, tenant_id, list(page_keys))

    async def forget_unread(self, tenant_id: UUID, after: str, until: str) -> None:
        """Say no more that there are objects of the pages that could not be read again; their texts stay."""
        with our_errors():
            await self._pool.execute(FORGET, tenant_id, after, until)

    async def _things(
        self, statement: str, tenant_id: UUID, after: str, until: str, limit: int
    ) -> list[StoredThing]:
        with our_errors():
            rows = await self._pool.fetch(statement, tenant_id, after, until, limit)
        return [StoredThing(row["cursor"], row["keys"]) for row in rows]
