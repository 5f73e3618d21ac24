"""The vector index: Qdrant, in a folder of this machine or on a server; one collection for each tenant."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import UnexpectedResponse

from adapters.batching import Batcher
from adapters.qdrant_folder import is_folder, open_folder, quicken, sync
from adapters.qdrant_words import check, hit, our_errors, where
from contracts.errors import RejectedError
from contracts.index import SearchHit, SearchQuery, VectorPoint

R = TypeVar("R")

_PAGE: Final = 10_000
_INDEXED: Final = {
    "channel_id": models.PayloadSchemaType.KEYWORD,
    "tags": models.PayloadSchemaType.KEYWORD,
    "posted_at_ts": models.PayloadSchemaType.INTEGER,
}


class VectorIndex:
    """Points of posts, found by likeness. Every write is an upsert by post id."""

    def __init__(self, open_client: Callable[[], QdrantClient], size: int, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="qdrant")
        self._size = size
        self._sizes: dict[str, int] = {}
        self._writes: Batcher[tuple[UUID, VectorPoint], None] = Batcher(self._put_mixed)
        with our_errors():
            self._client = self._threads.submit(open_client).result()

    @classmethod
    def at_path(cls, folder: Path, size: int) -> "VectorIndex":
        """Return the index in ``folder``, for vectors of ``size`` numbers; one process can hold it.

        One thread does everything: the local mode is SQLite and numpy, which would stop the event loop.

        Raises:
            UnavailableError: another process holds the folder.
        """
        return cls(lambda: open_folder(folder), size, threads=1)

    @classmethod
    def at_url(cls, url: str, size: int, api_key: str | None = None) -> "VectorIndex":
        """Return the index of the server at ``url``; nothing is asked of it yet."""
        return cls(
            lambda: QdrantClient(url=url, api_key=api_key, timeout=10, check_compatibility=False),
            size,
            threads=8,
        )

    async def put(self, tenant_id: UUID, points: Sequence[VectorPoint]) -> None:
        """Write ``points``; they can be found when this returns. The same points again change nothing.

        Raises:
            RejectedError: a vector has another size than the collection's, or holds what is no number.
        """
        if points:
            await self._call(lambda: self._put(tenant_id, points))

    async def put_one(self, tenant_id: UUID, point: VectorPoint) -> None:
        """Write one point; those that come at the same time share one write. Raises as ``put``."""
        await self._writes.submit((tenant_id, point))

    async def search(self, query: SearchQuery, vector: Sequence[float]) -> tuple[SearchHit, ...]:
        """Return the posts most like ``vector``, best first; nothing for a tenant that has no posts yet.

        Raises:
            RejectedError: the vector has another size than the collection's.
        """
        return await self._call(lambda: self._search(query, vector))

    async def delete(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> int:
        """Remove the points of ``post_ids``; return how many there were."""
        return await self._call(lambda: self._delete(_collection(tenant_id), [str(id) for id in post_ids]))

    async def ids(self, tenant_id: UUID) -> set[UUID]:
        """Return the ids of all posts of the tenant that are in the index."""
        return await self._call(lambda: set(self._ids(_collection(tenant_id))))

    async def count(self, tenant_id: UUID) -> int:
        """Return how many posts of the tenant are in the index."""
        return await self._call(lambda: self._count(_collection(tenant_id)))

    async def close(self) -> None:
        """Let go of the folder or the connections, after the writes that wait."""
        await self._writes.close()
        await self._call(self._client.close)
        self._threads.shutdown()

    async def _call(self, work: Callable[[], R]) -> R:
        with our_errors():
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _put_mixed(self, items: list[tuple[UUID, VectorPoint]]) -> list[None]:
        for tenant_id in {tenant_id for tenant_id, _ in items}:
            await self.put(tenant_id, [point for owner, point in items if owner == tenant_id])
        return [None] * len(items)

    def _put(self, tenant_id: UUID, points: Sequence[VectorPoint]) -> None:
        name = _collection(tenant_id)
        size = self._known(name) or self._create(name)
        for point in points:
            check(name, size, point.vector)
        structs = [
            models.PointStruct(id=str(point.post_id), vector=list(point.vector), payload=point.payload)
            for point in points
        ]
        try:
            self._client.upsert(name, structs, wait=True)
        except UnexpectedResponse:
            self._sizes.pop(name, None)  # it may be gone: the next try looks again
            raise
        sync(self._client, name)

    def _known(self, name: str) -> int | None:
        """Return the collection's vector size, None when there is none yet."""
        if name not in self._sizes and self._client.collection_exists(name):
            vectors = self._client.get_collection(name).config.params.vectors
            if not isinstance(vectors, models.VectorParams):
                raise RejectedError(f"collection {name} was made by another program: its vectors have names")
            self._sizes[name] = vectors.size
            quicken(self._client, name)
        return self._sizes.get(name)

    def _create(self, name: str) -> int:
        params = models.VectorParams(size=self._size, distance=models.Distance.COSINE)
        try:
            self._client.create_collection(name, vectors_config=params)
        except UnexpectedResponse as error:
            if error.status_code != 409:  # another worker was quicker
                raise
        if not is_folder(self._client):
            for field, kind in _INDEXED.items():
                self._client.create_payload_index(name, field, kind, wait=True)
        return self._known(name) or self._size

    def _search(self, query: SearchQuery, vector: Sequence[float]) -> tuple[SearchHit, ...]:
        name = _collection(query.tenant_id)
        size = self._known(name)
        if size is None:
            return ()
        check(name, size, vector)
        found = self._client.query_points(
            name, query=list(vector), query_filter=where(query), limit=query.limit, with_payload=True
        )
        return tuple(hit(point) for point in found.points)

    def _delete(self, name: str, ids: list[str]) -> int:
        if not ids or self._known(name) is None:
            return 0
        there = [point.id for point in self._client.retrieve(name, ids, with_payload=False)]
        if there:
            self._client.delete(name, models.PointIdsList(points=there), wait=True)
            sync(self._client, name)
        return len(there)

    def _ids(self, name: str) -> Iterable[UUID]:
        if self._known(name) is None:
            return
        offset: Any = None
        while True:
            page, offset = self._client.scroll(name, limit=_PAGE, offset=offset, with_payload=False)
            yield from (UUID(str(point.id)) for point in page)
            if offset is None:
                return

    def _count(self, name: str) -> int:
        return 0 if self._known(name) is None else self._client.count(name, exact=True).count


def _collection(tenant_id: UUID) -> str:
    return f"t{tenant_id}_posts"
