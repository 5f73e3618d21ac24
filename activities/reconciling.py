"""Comparing the archive with the vector index and the graph; what is lost is asked for again, strays go."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID

from temporalio import activity

from activities.heartbeat import beating
from contracts.errors import RejectedError
from contracts.post import PostRef, Refresh
from contracts.reconciling import Check, Compared, ComparePart, Difference, Kind
from contracts.restoring import LOOK_BACK
from contracts.stages import Stage
from domain.reconciling import NAMED, PART, found, taken

#: Strays that are looked up at a time.
STRAYS: Final = 5000
#: Seconds between two looks at what was asked for again.
EVERY: Final = 0.5
#: A post, and the stages whose results are lost.
Lost = tuple[UUID, tuple[Stage, ...]]
_KINDS: Final = {Stage.VECTORS: Kind.POINTS, Stage.GRAPH: Kind.NODES}


class Indexed(Protocol):
    """A post that is said to be indexed, and in which stages."""

    @property
    def id(self) -> UUID: ...
    @property
    def stages(self) -> tuple[Stage, ...]: ...


class Archive(Protocol):
    """What should be in the stores."""

    async def next_tenant(self, after: UUID | None) -> UUID | None: ...

    async def total(self, tenant_id: UUID | None, since: datetime) -> int: ...

    async def indexed(
        self, tenant_id: UUID, after: UUID, until: UUID | None, limit: int
    ) -> Sequence[Indexed]: ...

    async def clear(self, tenant_id: UUID, stages: Sequence[tuple[UUID, Stage]]) -> list[PostRef]: ...

    async def known(self, tenant_id: UUID, ids: Sequence[UUID]) -> set[UUID]: ...

    async def pending(self, check: Check, tenant_id: UUID, after: str, until: str) -> list[str]: ...


class Vectors(Protocol):
    """The vector index."""

    async def there(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> set[UUID]: ...

    async def ids(self, tenant_id: UUID) -> set[UUID]: ...

    async def delete(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> int: ...


class Graph(Protocol):
    """The graph."""

    async def there(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> set[UUID]: ...

    async def post_ids(self, tenant_id: UUID) -> set[UUID]: ...

    async def delete_post(self, tenant_id: UUID, post_id: UUID) -> object: ...


class Workflows(Protocol):
    """Reaches the workflow of a post, also one that has ended, and knows who is at work."""

    async def refresh(self, ref: PostRef, why: Refresh) -> None: ...

    async def is_at_work(self, workflow_id: str) -> bool: ...


class ReconcileActivities:
    """Compares by ids, in parts. A part that is asked for again finds what is still different, and nothing else."""

    def __init__(self, archive: Archive, vectors: Vectors, graph: Graph, workflows: Workflows) -> None:
        self._archive, self._vectors, self._graph, self._workflows = archive, vectors, graph, workflows

    @activity.defn
    async def find_tenant(self, after: UUID | None) -> UUID | None:
        """Return the tenant after that one, None after the last."""
        return await self._archive.next_tenant(after)

    @activity.defn
    async def measure_archive(self, tenant_id: UUID | None) -> int:
        """Return how many posts, albums, objects and events will be compared; for the progress."""
        return await self._archive.total(tenant_id, datetime.now(UTC) - LOOK_BACK)

    @activity.defn
    async def compare_index(self, part: ComparePart) -> Compared:
        """Find indexed posts that are lost in the vector index or the graph; with ``apply`` have them looked at.

        Idempotent: the stages that are lost become stale, and a post that is done again is not lost.
        """
        tenant, until = tenant_of(part), UUID(part.until) if part.until else None
        rows = await self._archive.indexed(tenant, UUID(part.after or "0" * 32), until, PART)
        cut = taken([str(row.id) for row in rows], await self._lost(tenant, rows), apply=part.apply)
        opened = 0
        if part.apply and cut.lost:
            opened = await look_again(self._workflows, await self._archive.clear(tenant, _stages(cut.lost)))
        return cut.compared(*(_lost_in(stage, cut.lost) for stage in _KINDS), opened=opened)

    async def _lost(self, tenant: UUID, rows: Sequence[Indexed]) -> dict[str, Lost]:
        ids = [row.id for row in rows]
        there = {
            Stage.VECTORS: await self._vectors.there(tenant, ids),
            Stage.GRAPH: await self._graph.there(tenant, ids),
        }
        lost = {row.id: tuple(stage for stage in row.stages if row.id not in there[stage]) for row in rows}
        return {str(id): (id, stages) for id, stages in lost.items() if stages}

    @activity.defn
    async def compare_strays(self, part: ComparePart) -> Compared:
        """Find points and nodes of no post; with ``apply`` remove them. Idempotent by post id."""
        tenant = tenant_of(part)
        async with beating():
            points, nodes = await self._vectors.ids(tenant), await self._graph.post_ids(tenant)
            no_points, no_nodes = await self._strays(tenant, points), await self._strays(tenant, nodes)
            if part.apply:
                await self._remove(tenant, no_points, no_nodes)
        differences = found(
            _strays(Kind.STRAY_POINTS, no_points, removed=part.apply),
            _strays(Kind.STRAY_NODES, no_nodes, removed=part.apply),
        )
        return Compared(looked=len(points) + len(nodes), differences=differences)

    async def _remove(self, tenant: UUID, points: Sequence[UUID], nodes: Sequence[UUID]) -> None:
        for start in range(0, len(points), STRAYS):
            await self._vectors.delete(tenant, points[start : start + STRAYS])
        for id in nodes:
            await self._graph.delete_post(tenant, id)

    async def _strays(self, tenant: UUID, ids: Iterable[UUID]) -> list[UUID]:
        """Return those ids that no post has; a post is in the archive before it is anywhere else."""
        ordered, strays = sorted(ids), list[UUID]()
        for start in range(0, len(ordered), STRAYS):
            some = ordered[start : start + STRAYS]
            known = await self._archive.known(tenant, some)
            strays += [id for id in some if id not in known]
        return strays

    @activity.defn
    async def await_repairs(self, part: ComparePart) -> int:
        """Wait until what a part opened was done again, or nobody works on what is left; return how much that is."""
        tenant = tenant_of(part)
        while left := await self._archive.pending(part.check, tenant, part.after, part.until):
            activity.heartbeat(len(left))
            if not await self._any_at_work(left):
                return len(await self._archive.pending(part.check, tenant, part.after, part.until))
            await asyncio.sleep(EVERY)
        return 0

    async def _any_at_work(self, workflow_ids: Sequence[str]) -> bool:
        for id in workflow_ids:
            if await self._workflows.is_at_work(id):
                return True
        return False


async def look_again(workflows: Workflows, refs: Sequence[PostRef]) -> int:
    """Have posts looked at again; return how many. A post that hears it twice in a run looks once."""
    why = Refresh(reason="reconcile", event_id=f"reconcile:{activity.info().workflow_run_id}")
    for ref in refs:
        await workflows.refresh(ref, why)
    return len(refs)


def tenant_of(part: ComparePart) -> UUID:
    """Return whose part it is; everything but events is compared for one tenant at a time."""
    if part.tenant_id is None:
        raise RejectedError(f"{part.check} is compared for one tenant at a time")
    return part.tenant_id


def _stages(lost: Iterable[Lost]) -> list[tuple[UUID, Stage]]:
    return [(id, stage) for id, stages in lost for stage in stages]


def _lost_in(stage: Stage, lost: Iterable[Lost]) -> Difference:
    ids = tuple(str(id) for id, stages in lost if stage in stages)
    return Difference(kind=_KINDS[stage], count=len(ids), examples=ids)


def _strays(kind: Kind, ids: Sequence[UUID], *, removed: bool) -> Difference:
    names = tuple(str(id) for id in ids[:NAMED])
    return Difference(kind=kind, count=len(ids), repaired=len(ids) if removed else 0, examples=names)
