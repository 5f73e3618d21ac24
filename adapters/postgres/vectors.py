"""What the archive says of vectors: which posts have one, and by whom."""

from typing import Final
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from contracts.embedding import EmbedderIdentity

#: What waits for somebody at this stage, or was left without it since it was done last, keeps nobody waiting. What
#: waits for a budget or a provider goes on by itself.
_INDEXED = """
FROM posts p JOIN post_stages s ON s.post_id = p.id AND s.stage = 'vectors' AND s.outcome = 'done'
WHERE p.tenant_id = $1 AND p.enrichment_status = 'indexed' AND NOT EXISTS (
    SELECT FROM post_tombstones t
    WHERE t.channel_id = p.channel_id AND t.telegram_message_id = p.telegram_message_id)
AND NOT EXISTS (
    SELECT FROM parks k WHERE k.post_id = p.id AND k.problems @> '[{"stage": "vectors"}]' AND (
        k.ended_at IS NULL AND EXISTS (
            SELECT FROM jsonb_array_elements(k.problems) AS problem
            WHERE problem ->> 'stage' = 'vectors' AND problem ->> 'goes_on_at' IS NULL)
        OR k.action = 'skip' AND COALESCE(k.left_out, 'vectors') = 'vectors' AND k.ended_at > s.ended_at))
"""

#: What was paid for of them is of no use any more either.
FORGET_PAID: Final = """
DELETE FROM paid_vectors v USING posts p WHERE p.id = v.post_id AND p.tenant_id = $1 AND v.embedder = $2
"""

# Records of the time when there was one embedder do not say its version.
FORGET = """
UPDATE post_stages s SET fingerprint = '' FROM posts p
WHERE p.id = s.post_id AND p.tenant_id = $1 AND s.stage = 'vectors' AND s.result ->> 'provider' = $2
    AND s.result ->> 'model' = $3 AND COALESCE(s.result ->> 'version', '1') = $4 AND (s.result ->> 'dim')::int = $5
"""


class VectorRecords:
    """The records of the stage ``vectors`` of whole tenants."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def indexed(self, tenant_id: UUID) -> set[UUID]:
        """Return the ids of the tenant's posts that are indexed and to stay so, whoever made their vectors."""
        with our_errors():
            rows = await self._pool.fetch(f"SELECT p.id {_INDEXED}", tenant_id)
        return {row["id"] for row in rows}

    async def count(self, tenant_id: UUID) -> int:
        """Return how many posts of the tenant are indexed and to stay so."""
        with our_errors():
            return int(await self._pool.fetchval(f"SELECT count(*) {_INDEXED}", tenant_id))

    async def forget(self, tenant_id: UUID, embedder: EmbedderIdentity) -> None:
        """Make the vectors by ``embedder`` stale, because its collection goes, and let go of those that were paid for.

        Repeated, it changes nothing.
        """
        values = embedder.provider, embedder.model, embedder.version, embedder.size
        with our_errors():
            await self._pool.execute(FORGET, tenant_id, *values)
            await self._pool.execute(FORGET_PAID, tenant_id, embedder.slug)
