"""Comparing the albums that were put together with the graph and the object store."""

from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

from temporalio import activity

from activities.reconciling import tenant_of
from contracts.album import AlbumRef
from contracts.reconciling import Compared, ComparePart, Difference, Kind
from domain.reconciling import PART, taken


class Assembled(Protocol):
    """An album that was put together."""

    @property
    def id(self) -> int: ...
    @property
    def ref(self) -> AlbumRef: ...
    @property
    def object_key(self) -> str | None: ...


class Archive(Protocol):
    """The albums, as they should be in the stores."""

    async def albums(
        self, tenant_id: UUID, after: int, until: int | None, limit: int
    ) -> Sequence[Assembled]: ...

    async def clear_albums(self, tenant_id: UUID, ids: Sequence[int]) -> None: ...


class Graph(Protocol):
    """The graph."""

    async def has_album(self, tenant_id: UUID, channel_id: UUID, grouped_id: int) -> bool: ...


class Objects(Protocol):
    """The object store."""

    async def exists(self, key: str) -> bool: ...


class Workflows(Protocol):
    """Reaches the workflow of an album, also one that has ended."""

    async def put_together_again(self, ref: AlbumRef) -> None: ...


#: An album, and the kinds of what is lost of it.
Lost = tuple[Assembled, tuple[Kind, ...]]


class ReconcileAlbumActivities:
    """Compares albums by their numbers."""

    def __init__(self, archive: Archive, graph: Graph, objects: Objects, workflows: Workflows) -> None:
        self._archive, self._graph, self._objects, self._workflows = archive, graph, objects, workflows

    @activity.defn
    async def compare_albums(self, part: ComparePart) -> Compared:
        """Find albums whose node or summary is lost; with ``apply`` have them put together again.

        Idempotent: node, summary and event are keyed by the album.
        """
        tenant, until = tenant_of(part), int(part.until) if part.until else None
        rows = await self._archive.albums(tenant, int(part.after or 0), until, PART)
        lost = {str(row.id): (row, lost_kinds) for row in rows if (lost_kinds := await self._lost(row))}
        cut = taken([str(row.id) for row in rows], lost, apply=part.apply)
        if part.apply and cut.lost:
            await self._archive.clear_albums(tenant, [row.id for row, _ in cut.lost])
            for row, _ in cut.lost:
                await self._workflows.put_together_again(row.ref)
        kinds = (Kind.ALBUM_NODES, Kind.SUMMARIES)
        return cut.compared(
            *(_difference(kind, cut.lost) for kind in kinds), opened=len(cut.lost) if part.apply else 0
        )

    async def _lost(self, row: Assembled) -> tuple[Kind, ...]:
        ref = row.ref
        has_node = await self._graph.has_album(ref.tenant_id, ref.channel_id, ref.grouped_id)
        has_summary = not row.object_key or await self._objects.exists(row.object_key)
        return (() if has_node else (Kind.ALBUM_NODES,)) + (() if has_summary else (Kind.SUMMARIES,))


def _difference(kind: Kind, lost: Iterable[Lost]) -> Difference:
    names = tuple(row.ref.workflow_id for row, lost_kinds in lost if kind in lost_kinds)
    return Difference(kind=kind, count=len(names), examples=names)
