"""Another embedder: how far its collections are filled, and the switch when nothing is missing from them."""

import asyncio
from typing import Final
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict

from adapters.postgres.vectors import VectorRecords
from adapters.qdrant import VectorIndex
from contracts.embedding import EmbedderIdentity
from contracts.errors import PipelineError

log = structlog.get_logger(__name__)

#: Seconds between two looks at whether a collection is full.
LOOK_EVERY: Final = 60.0


class Fill(BaseModel):
    """A collection that is being filled while another is searched: ``filled`` of the tenant's indexed ``posts``."""

    model_config = ConfigDict(frozen=True)

    tenant_id: UUID
    wanted: EmbedderIdentity
    searched: EmbedderIdentity
    posts: int
    filled: int

    @property
    def missing(self) -> int:
        """How many posts it lacks."""
        return self.posts - self.filled


async def fills(vectors: VectorIndex, records: VectorRecords) -> list[Fill]:
    """Return every collection that is being filled, counted and not compared."""
    found = [await fill_of(tenant_id, vectors, records) for tenant_id in await vectors.unsettled()]
    return [fill for fill in found if fill]


async def fill_of(tenant_id: UUID, vectors: VectorIndex, records: VectorRecords) -> Fill | None:
    """Return how far the tenant's wanted collection is filled, None when search reads it already."""
    layout = await vectors.layout(tenant_id)
    if layout.searched is None or not layout.is_filling:
        return None
    posts = await records.count(tenant_id)
    return Fill(
        tenant_id=tenant_id,
        wanted=layout.wanted.embedder,
        searched=layout.searched.embedder,
        posts=posts,
        filled=min(posts, await vectors.count(tenant_id)),
    )


async def switch_if_full(tenant_id: UUID, vectors: VectorIndex, records: VectorRecords) -> Fill | None:
    """Let search read the wanted collection if it has every indexed post; delete collections nobody needs.

    Returns what is still being filled, None when nothing is. Safe at any time and to repeat: what a crash left
    half done is done. A collection's records become stale before it goes, so no record speaks of points that are gone.

    Raises:
        UnavailableError: Qdrant or PostgreSQL did not answer.
    """
    await vectors.adopt(tenant_id)
    fill = await fill_of(tenant_id, vectors, records)
    if fill and await _is_full(fill, vectors, records):
        await records.forget(tenant_id, fill.searched)
        await vectors.switch(tenant_id)
        log.info("collection switched", tenant_id=str(tenant_id), embedder=fill.wanted.slug, posts=fill.posts)
        fill = None
    for collection in (await vectors.layout(tenant_id)).left_over:
        await records.forget(tenant_id, collection.embedder)
        await vectors.drop(tenant_id, collection.embedder)
        log.info("collection dropped", tenant_id=str(tenant_id), embedder=collection.embedder.slug)
    return fill


async def switch_forever(vectors: VectorIndex, records: VectorRecords) -> None:
    """Switch whatever is full, every minute; a tenant that cannot be looked at delays no other."""
    while True:
        for tenant_id in await _unsettled(vectors):
            try:
                await switch_if_full(tenant_id, vectors, records)
            except PipelineError as error:
                log.warning("collections not switched", tenant_id=str(tenant_id), error=str(error))
        await asyncio.sleep(LOOK_EVERY)


async def _unsettled(vectors: VectorIndex) -> tuple[UUID, ...]:
    try:
        return await vectors.unsettled()
    except PipelineError as error:
        log.warning("collections not listed", error=str(error))
        return ()


async def _is_full(fill: Fill, vectors: VectorIndex, records: VectorRecords) -> bool:
    """Whether no indexed post is missing. An archive without posts is not that of a collection with points."""
    if fill.missing:
        return False
    if not fill.posts:
        return not await vectors.searched_ids(fill.tenant_id)
    return not await records.indexed(fill.tenant_id) - await vectors.ids(fill.tenant_id)
