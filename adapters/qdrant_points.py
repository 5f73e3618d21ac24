"""Points in one collection: writing, searching, deleting and listing them."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from qdrant_client import QdrantClient, models

from adapters.qdrant_collections import Collection
from adapters.qdrant_folder import sync
from adapters.qdrant_words import check, hit, where
from contracts.index import SearchHit, SearchQuery, VectorPoint

_PAGE: Final = 10_000
#: Points in one request: of 2560 numbers each these are eight megabytes.
_BATCH: Final = 256


def put(client: QdrantClient, into: Collection, points: Sequence[VectorPoint]) -> None:
    """Write ``points``; they are on the disk when this returns.

    Raises:
        RejectedError: a vector has another size than the collection's, or holds what is no number; none is written.
    """
    for point in points:
        check(into.name, into.embedder.size, point.vector)
    structs = [
        models.PointStruct(id=str(point.post_id), vector=list(point.vector), payload=point.payload)
        for point in points
    ]
    for start in range(0, len(structs), _BATCH):
        client.upsert(into.name, structs[start : start + _BATCH], wait=True)
    sync(client, into.name)


def search(
    client: QdrantClient, within: Collection, query: SearchQuery, vector: Sequence[float]
) -> tuple[SearchHit, ...]:
    """Return the posts most like ``vector``, best first.

    Raises:
        RejectedError: the vector has another size than the collection's.
    """
    check(within.name, within.embedder.size, vector)
    found = client.query_points(
        within.name, query=list(vector), query_filter=where(query), limit=query.limit, with_payload=True
    )
    return tuple(hit(point) for point in found.points)


def delete(client: QdrantClient, out_of: Collection, post_ids: Sequence[UUID]) -> set[UUID]:
    """Remove the points of ``post_ids``; return those that there were."""
    found = there(client, out_of, post_ids)
    if found:
        client.delete(out_of.name, models.PointIdsList(points=[str(id) for id in found]), wait=True)
        sync(client, out_of.name)
    return found


def there(client: QdrantClient, within: Collection, post_ids: Sequence[UUID]) -> set[UUID]:
    """Return those of ``post_ids`` that have a point."""
    if not post_ids:
        return set()
    wanted = [str(id) for id in post_ids]
    return {UUID(str(point.id)) for point in client.retrieve(within.name, wanted, with_payload=False)}


def ids(client: QdrantClient, within: Collection) -> set[UUID]:
    """Return the ids of all posts that have a point."""
    found: set[UUID] = set()
    offset: Any = None
    while True:
        page, offset = client.scroll(within.name, limit=_PAGE, offset=offset, with_payload=False)
        found.update(UUID(str(point.id)) for point in page)
        if offset is None:
            return found
