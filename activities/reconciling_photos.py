"""Comparing the pictures that channels have as their own with the graph."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from temporalio import activity

from activities.reconciling import tenant_of
from contracts.channel_photo import ChannelPhotoInput
from contracts.reconciling import Compared, ComparePart, Difference, Kind
from domain.reconciling import PART, taken


class Recorded(Protocol):
    """A channel picture that was recorded, with the file that it has."""

    @property
    def photo(self) -> ChannelPhotoInput: ...
    @property
    def sha256(self) -> str: ...


class Archive(Protocol):
    """The channel pictures, as they should be in the graph."""

    async def channel_photos(
        self, tenant_id: UUID, after: UUID, until: UUID | None, limit: int
    ) -> Sequence[Recorded]: ...

    async def clear_channel_photos(self, tenant_id: UUID, ids: Sequence[UUID]) -> None: ...


class Graph(Protocol):
    """The graph."""

    async def has_channel_photo(self, tenant_id: UUID, channel_id: UUID, sha256: str) -> bool: ...


class Workflows(Protocol):
    """Reaches the workflow of a channel picture, also one that has ended."""

    async def record_again(self, photo: ChannelPhotoInput) -> None: ...


class ReconcilePhotoActivities:
    """Compares channel pictures by their ids."""

    def __init__(self, archive: Archive, graph: Graph, workflows: Workflows) -> None:
        self._archive, self._graph, self._workflows = archive, graph, workflows

    @activity.defn
    async def compare_channel_photos(self, part: ComparePart) -> Compared:
        """Find channel pictures that are lost in the graph; with ``apply`` have them recorded again.

        Idempotent: a picture that was cleared waits to be handed over, whatever becomes of this call.
        """
        tenant, until = tenant_of(part), UUID(part.until) if part.until else None
        rows = await self._archive.channel_photos(tenant, UUID(part.after or "0" * 32), until, PART)
        lost = {_cursor(row): row for row in rows if not await self._is_there(row)}
        cut = taken([_cursor(row) for row in rows], lost, apply=part.apply)
        if part.apply and cut.lost:
            await self._archive.clear_channel_photos(tenant, [row.photo.ref.photo_id for row in cut.lost])
            for row in cut.lost:
                await self._workflows.record_again(row.photo)
        names = tuple(row.photo.ref.workflow_id for row in cut.lost)
        difference = Difference(kind=Kind.CHANNEL_PHOTOS, count=len(names), examples=names)
        return cut.compared(difference, opened=len(cut.lost) if part.apply else 0)

    async def _is_there(self, row: Recorded) -> bool:
        ref = row.photo.ref
        return await self._graph.has_channel_photo(ref.tenant_id, ref.channel_id, row.sha256)


def _cursor(row: Recorded) -> str:
    return str(row.photo.ref.photo_id)
