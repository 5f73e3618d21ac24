"""The vector of a question, by whoever filled the collections that are searched."""

import asyncio
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from contracts.asking import Asker
from contracts.embedding import EmbedderIdentity, Vector
from contracts.stages import Stage


class Embedder(Protocol):
    """Turns a text into a vector; one that wants to be paid is, by those who ask."""

    async def vector_of(self, text: str, askers: Sequence[Asker]) -> Vector: ...


class Embedders(Protocol):
    """Knows who filled a collection, if that embedder is here."""

    def of(self, identity: EmbedderIdentity) -> Embedder | None: ...


class EmbeddedQuestion:
    """A question's text, embedded once by each embedder that filled a collection of those that are asked.

    Where that has to be paid for, the tenants share it whose posts are looked for.
    """

    def __init__(self, embedders: Embedders, text: str, tenant_ids: Sequence[UUID]) -> None:
        self._embedders, self._text = embedders, text
        self._askers = [_asker(tenant_id) for tenant_id in tenant_ids]
        self._asked: dict[EmbedderIdentity, asyncio.Future[Vector]] = {}

    async def by(self, identity: EmbedderIdentity) -> Sequence[float] | None:
        """Return the vector, None when that embedder is not here."""
        embedder = self._embedders.of(identity)
        if embedder is None:
            return None
        if identity not in self._asked:
            self._asked[identity] = asyncio.ensure_future(embedder.vector_of(self._text, self._askers))
        return await self._asked[identity]


def _asker(tenant_id: UUID) -> Asker:
    """Somebody sits before the answer to a question: it waits for no midnight."""
    return Asker(tenant_id=tenant_id, stage=Stage.VECTORS, can_wait=False)
