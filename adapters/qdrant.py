"""The vector index: Qdrant, in a folder of this machine or on a server; for each tenant the collection that is
searched, and beside it the wanted one while that is being filled.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, TypeVar
from uuid import UUID

from qdrant_client import QdrantClient
from qdrant_client.http.exceptions import UnexpectedResponse

from adapters import qdrant_points as points_of
from adapters.batching import Batcher
from adapters.qdrant_collections import Collection, Collections, Layout
from adapters.qdrant_folder import open_folder
from adapters.qdrant_words import our_errors
from contracts.embedding import EmbedderIdentity
from contracts.errors import RejectedError, UnavailableError
from contracts.index import SearchHit, SearchQuery, VectorPoint

R = TypeVar("R")
#: Gives the vector of a question by that embedder, None when it is not here.
Embed = Callable[[EmbedderIdentity], Awaitable[Sequence[float] | None]]

#: A collection may be replaced while its question is embedded; this often in a row, something else is wrong.
_REPLACED: Final = 3


class VectorIndex:
    """Points of posts, found by likeness. Every write is an upsert by post id."""

    def __init__(
        self,
        open_client: Callable[[], QdrantClient],
        wanted: EmbedderIdentity,
        threads: int,
        fault: type[BaseException] = BaseException,
    ) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="qdrant")
        self._writes: Batcher[tuple[UUID, VectorPoint], None] = Batcher(self._put_mixed, fault=fault)
        with our_errors():
            self._client = self._threads.submit(open_client).result()
        self._wanted = wanted
        self._collections = Collections(self._client, wanted)

    @classmethod
    def at_path(cls, folder: Path, wanted: EmbedderIdentity) -> "VectorIndex":
        """Return the index in ``folder``, to be filled by ``wanted``; one process can hold it.

        One thread does everything: the local mode is SQLite and numpy, which would stop the event loop.

        Raises:
            UnavailableError: another process holds the folder.
        """
        return cls(lambda: open_folder(folder), wanted, threads=1)

    @classmethod
    def at_url(cls, url: str, wanted: EmbedderIdentity, api_key: str | None = None) -> "VectorIndex":
        """Return the index of the server at ``url``; nothing is asked of it yet."""
        return cls(
            lambda: QdrantClient(url=url, api_key=api_key, timeout=10, check_compatibility=False),
            wanted,
            threads=8,
            fault=RejectedError,  # of a server that is away each point of a batch would be told one by one
        )

    async def put(self, tenant_id: UUID, points: Sequence[VectorPoint]) -> None:
        """Write ``points``, each into the collection of its embedder; they can be found there when this returns.

        The same points again change nothing. A point for a collection that is not searched any more is passed by.

        Raises:
            RejectedError: a vector has another size than the collection's, or holds what is no number.
        """
        if points:
            await self._of(tenant_id, lambda: self._put(tenant_id, points))

    async def put_one(self, tenant_id: UUID, point: VectorPoint) -> None:
        """Write one point; those that come at the same time share one write. Raises as ``put``."""
        await self._writes.submit((tenant_id, point))

    async def searched_by(self, tenant_id: UUID) -> EmbedderIdentity | None:
        """Return who filled the collection that search reads, None before the tenant's first point."""
        searched = (await self.layout(tenant_id)).searched
        return searched.embedder if searched else None

    async def search(self, query: SearchQuery, embed: Embed) -> tuple[SearchHit, ...]:
        """Return the posts most like what is asked, best first; nothing for a tenant that has no posts yet.

        ``embed`` is asked for the question's vector by whoever filled the searched collection; where that one is
        not here any more, the collection that is being filled is searched.

        Raises:
            UnavailableError: nobody here made the vectors of any collection.
            RejectedError: the vector has another size than the collection's.
        """
        for _ in range(_REPLACED):
            layout = await self.layout(query.tenant_id)
            if not layout.there:
                return ()
            collection, vector = await _embedded(layout, embed)
            found = await self._of(query.tenant_id, partial(self._search, collection, query, vector))
            if found is not None:
                return found
        raise UnavailableError(f"the vectors of tenant {query.tenant_id} are being replaced; search again")

    async def delete(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> int:
        """Remove the points of ``post_ids`` from every collection of the tenant; return how many posts had one."""
        return await self._of(tenant_id, lambda: self._delete(tenant_id, post_ids))

    async def ids(self, tenant_id: UUID) -> set[UUID]:
        """Return the ids of all posts of the tenant that are in the wanted collection."""
        return await self._of(tenant_id, lambda: self._ids(tenant_id, lambda layout: layout.wanted))

    async def searched_ids(self, tenant_id: UUID) -> set[UUID]:
        """Return the ids of all posts of the tenant that search can find."""
        return await self._of(tenant_id, lambda: self._ids(tenant_id, lambda layout: layout.searched))

    async def there(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> set[UUID]:
        """Return those of ``post_ids`` that have a point in any collection of the tenant."""
        return await self._of(tenant_id, lambda: self._there(tenant_id, post_ids))

    async def count(self, tenant_id: UUID) -> int:
        """Return how many posts of the tenant are in the wanted collection."""
        return await self._of(tenant_id, lambda: self._count(tenant_id))

    async def layout(self, tenant_id: UUID) -> Layout:
        """Return which collections the tenant has, and which of them is searched."""
        return await self._of(tenant_id, lambda: self._collections.of(tenant_id))

    async def unsettled(self) -> tuple[UUID, ...]:
        """Return the tenants of which a collection is being filled, was left over, or has no name for readers."""
        return await self._call(self._collections.unsettled)

    async def adopt(self, tenant_id: UUID) -> None:
        """Give readers a collection if a crash has left them without one. Repeated, it changes nothing."""
        await self._of(tenant_id, lambda: self._collections.adopt(tenant_id))

    async def switch(self, tenant_id: UUID) -> None:
        """Have search read the wanted collection. Repeated, it changes nothing."""
        await self._of(tenant_id, lambda: self._collections.switch(tenant_id))

    async def drop(self, tenant_id: UUID, embedder: EmbedderIdentity) -> None:
        """Delete the collection of ``embedder``, unless it is searched or wanted."""
        await self._of(tenant_id, lambda: self._collections.drop(tenant_id, embedder))

    async def close(self) -> None:
        """Let go of the folder or the connections, after the writes that wait."""
        await self._writes.close()
        await self._call(self._client.close)
        self._threads.shutdown()

    async def _call(self, work: Callable[[], R]) -> R:
        with our_errors():
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _of(self, tenant_id: UUID, work: Callable[[], R]) -> R:
        """Work on a tenant's collections; when Qdrant answers otherwise than we know, they are looked up anew."""
        try:
            return await self._call(work)
        except UnavailableError:
            self._collections.forget(tenant_id)
            raise

    async def _put_mixed(self, items: list[tuple[UUID, VectorPoint]]) -> list[None]:
        for tenant_id in {tenant_id for tenant_id, _ in items}:
            await self.put(tenant_id, [point for owner, point in items if owner == tenant_id])
        return [None] * len(items)

    def _put(self, tenant_id: UUID, points: Sequence[VectorPoint]) -> None:
        layout = self._collections.made(tenant_id)
        for collection in dict.fromkeys((layout.searched or layout.wanted, layout.wanted)):
            mine = [p for p in points if (p.embedder or self._wanted) == collection.embedder]
            if mine:
                points_of.put(self._client, collection, mine)

    def _search(
        self, collection: Collection, query: SearchQuery, vector: Sequence[float]
    ) -> tuple[SearchHit, ...] | None:
        """Return what is found, None when the collection is gone."""
        if collection not in self._collections.of(query.tenant_id).there:
            return None
        try:
            return points_of.search(self._client, collection, query, vector)
        except UnexpectedResponse as error:
            if error.status_code != 404:
                raise
        self._collections.forget(query.tenant_id)
        return None

    def _delete(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> int:
        there = self._collections.of(tenant_id).there
        gone = [points_of.delete(self._client, collection, post_ids) for collection in there]
        return len(set().union(*gone))

    def _ids(self, tenant_id: UUID, which: Callable[[Layout], Collection | None]) -> set[UUID]:
        layout = self._collections.of(tenant_id)
        collection = which(layout)
        return points_of.ids(self._client, collection) if collection in layout.there else set()

    def _count(self, tenant_id: UUID) -> int:
        layout = self._collections.of(tenant_id)
        return self._collections.count(layout.wanted) if layout.has_wanted else 0

    def _there(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> set[UUID]:
        collections = self._collections.of(tenant_id).there
        found = [points_of.there(self._client, collection, post_ids) for collection in collections]
        return set().union(*found)


async def _embedded(layout: Layout, embed: Embed) -> tuple[Collection, Sequence[float]]:
    """Return the first collection that somebody here can embed a question for, and the vector."""
    for collection in layout.readable:
        vector = await embed(collection.embedder)
        if vector is not None:
            return collection, vector
    raise UnavailableError(
        f"the vectors were made by {layout.readable[0].embedder}, which is not here any more: "
        "refresh the tenant's posts, or go back to the former settings"
    )
