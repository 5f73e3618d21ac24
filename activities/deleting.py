"""Deleting a post: its tombstone, its point, its node, and last everything else that only it had."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from temporalio import activity

from activities.timing import happened_at, milliseconds_since
from contracts.announcements import PostDeleted
from contracts.deleting import EntombRequest, Erased, EraseRequest, Removed
from contracts.index import Detached
from contracts.outgoing import Outgoing, outgoing
from contracts.post import Deletion, PostRef


class Tombstones(Protocol):
    """Where deleted posts are remembered."""

    async def entomb(self, ref: PostRef, deletion: Deletion, now: datetime) -> bool: ...

    async def forget(self, ref: PostRef) -> None: ...

    def doomed(self, ref: PostRef) -> AbstractAsyncContextManager[list[str]]: ...

    async def told(self, ref: PostRef) -> tuple[datetime, str]: ...

    async def erased(
        self, ref: PostRef, counts: dict[str, int], events: Sequence[Outgoing]
    ) -> int | None: ...


class Vectors(Protocol):
    """The vector index."""

    async def delete(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> int: ...


class Graph(Protocol):
    """The graph."""

    async def delete_post(self, tenant_id: UUID, post_id: UUID) -> Detached: ...


class Objects(Protocol):
    """Keeps bytes under keys."""

    async def delete(self, key: str) -> bool: ...


class DeletingActivities:
    """Every step may be repeated: what is gone is gone."""

    def __init__(self, tombstones: Tombstones, vectors: Vectors, graph: Graph, objects: Objects) -> None:
        self._tombstones, self._vectors, self._graph, self._objects = tombstones, vectors, graph, objects

    @activity.defn
    async def entomb_post(self, request: EntombRequest) -> bool:
        """Write the post's tombstone; False when the post was erased before. Idempotent by (channel, message)."""
        return await self._tombstones.entomb(request.ref, request.deletion, happened_at())

    @activity.defn
    async def remove_vector(self, ref: PostRef) -> Removed:
        """Remove the post's point; return whether there was one."""
        start = datetime.now(UTC)
        count = await self._vectors.delete(ref.tenant_id, [ref.post_id])
        return Removed(count=count, milliseconds=milliseconds_since(start))

    @activity.defn
    async def remove_node(self, ref: PostRef) -> Removed:
        """Remove the post's node and what only it pointed to; return how many nodes went, and the tags among them."""
        start = datetime.now(UTC)
        gone = await self._graph.delete_post(ref.tenant_id, ref.post_id)
        return Removed(count=gone.nodes, tags=gone.tags, milliseconds=milliseconds_since(start))

    @activity.defn
    async def erase_post(self, request: EraseRequest) -> Erased:
        """Remove every row, then the objects that nobody else refers to; keep the one event that says so.

        Idempotent: a second call finds what the first one left, and the event's key is the post's.
        """
        start, ref = datetime.now(UTC), request.ref
        await self._tombstones.forget(ref)
        async with self._tombstones.doomed(ref) as keys:
            gone = [await self._objects.delete(key) for key in keys]
        deleted_at, reason = await self._tombstones.told(ref)
        event = _event(request, sum(gone), deleted_at, reason, milliseconds_since(start))
        counts = {
            "vectors": event.related_vectors_deleted,
            "nodes": event.related_nodes_deleted,
            "tags": event.orphan_tags_cleaned,
            "objects": event.objects_deleted,
        }
        grouped_id = await self._tombstones.erased(ref, counts, [outgoing(event)])
        return Erased(ref=ref, grouped_id=grouped_id)


def _event(
    request: EraseRequest, objects: int, deleted_at: datetime, reason: str, erase_ms: int
) -> PostDeleted:
    ref, vectors, graph = request.ref, request.vectors or Removed(), request.graph or Removed()
    return PostDeleted(
        trace_id=ref.trace_id, occurred_at=happened_at(), idempotency_key=f"{ref.post_id}:deleted:v1",
        post_id=ref.post_id, tenant_id=ref.tenant_id, channel_id=ref.channel_id, reason=reason,
        telegram_message_id=ref.message_id, tg_channel_id=ref.tg_channel_id, deleted_at=deleted_at,
        qdrant_cleaned=request.vectors is not None, neo4j_cleaned=request.graph is not None, postgres_cleaned=True,
        deletion_duration_ms=vectors.milliseconds + graph.milliseconds + erase_ms,
        qdrant_deletion_ms=vectors.milliseconds, neo4j_deletion_ms=graph.milliseconds,
        postgres_deletion_ms=erase_ms, related_vectors_deleted=vectors.count, related_nodes_deleted=graph.count,
        orphan_tags_cleaned=graph.tags, objects_deleted=objects,
    )  # fmt: skip
