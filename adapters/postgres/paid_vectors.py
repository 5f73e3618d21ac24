"""Vectors that were paid for, kept with their posts until these are deleted or their text changes."""

import sys
from array import array
from typing import Final
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from contracts.embedding import EmbedderIdentity, Vector

FIND: Final = "SELECT vector FROM paid_vectors WHERE post_id = $1 AND embedder = $2 AND text_hash = $3"

#: A post that was deleted meanwhile keeps nothing.
KEEP: Final = """
INSERT INTO paid_vectors (post_id, embedder, text_hash, vector)
SELECT id, $2, $3, $4 FROM posts WHERE id = $1 FOR KEY SHARE
ON CONFLICT (post_id, embedder) DO UPDATE SET text_hash = EXCLUDED.text_hash, vector = EXCLUDED.vector, kept_at = now()
"""


class PaidVectorMemory:
    """The last vector of each post and embedder. Its numbers have four bytes, as those of the index have."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def find(self, post_id: UUID, embedder: EmbedderIdentity, text_hash: str) -> Vector | None:
        """Return the vector that ``embedder`` made of that very text, None when there is none."""
        with our_errors():
            kept = await self._pool.fetchval(FIND, post_id, embedder.slug, text_hash)
        return None if kept is None else tuple(_in_order(array("f", kept)))

    async def keep(self, post_id: UUID, embedder: EmbedderIdentity, text_hash: str, vector: Vector) -> None:
        """Keep a vector in the place of the one before. Repeated, it changes nothing."""
        body = _in_order(array("f", vector)).tobytes()
        with our_errors():
            await self._pool.execute(KEEP, post_id, embedder.slug, text_hash, body)


def _in_order(numbers: "array[float]") -> "array[float]":
    """The lowest byte comes first, whatever this machine does."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
