"""Comparing the archive with the object store: what can be made again is made again."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final, Protocol
from uuid import UUID

from temporalio import activity

from activities.reconciling import look_again, tenant_of
from contracts.post import PostRef, Refresh
from contracts.reconciling import Compared, ComparePart, Difference, Kind
from contracts.stages import Stage
from contracts.vision import PictureFacts
from domain.reconciling import PART, Taken, taken

#: Questions to the object store that are on their way at the same time.
AT_ONCE: Final = 20


class Stored(Protocol):
    """A row of the archive and the keys of the objects that it says there are."""

    @property
    def cursor(self) -> str: ...
    @property
    def keys(self) -> tuple[str, ...]: ...


class Archive(Protocol):
    """What should be in the object store."""

    async def media(self, tenant_id: UUID, after: str, until: str, limit: int) -> Sequence[Stored]: ...

    async def vision(self, tenant_id: UUID, after: str, until: str, limit: int) -> Sequence[Stored]: ...

    async def pages(self, tenant_id: UUID, after: str, until: str, limit: int) -> Sequence[Stored]: ...

    async def facts(self, tenant_id: UUID, sha256: str, key: str) -> PictureFacts | None: ...

    async def readers(self, tenant_id: UUID, page_keys: Sequence[str]) -> list[UUID]: ...

    async def expire(self, tenant_id: UUID, page_keys: Sequence[str]) -> None: ...

    async def forget_unread(self, tenant_id: UUID, after: str, until: str) -> None: ...


class Objects(Protocol):
    """The object store."""

    async def exists(self, key: str) -> bool: ...

    async def put(self, key: str, body: bytes, content_type: str) -> bool: ...


class Posts(Protocol):
    """Makes stages of posts stale."""

    async def clear(self, tenant_id: UUID, stages: Sequence[tuple[UUID, Stage]]) -> list[PostRef]: ...


class Workflows(Protocol):
    """Reaches the workflow of a post, also one that has ended."""

    async def refresh(self, ref: PostRef, why: Refresh) -> None: ...

    async def is_at_work(self, workflow_id: str) -> bool: ...


#: A row, and its keys of which there is no object.
Lost = tuple[str, tuple[str, ...]]


class ReconcileObjectActivities:
    """Compares objects by their keys."""

    def __init__(self, archive: Archive, objects: Objects, posts: Posts, workflows: Workflows) -> None:
        self._archive, self._objects, self._posts, self._workflows = archive, objects, posts, workflows

    @activity.defn
    async def compare_media(self, part: ComparePart) -> Compared:
        """Find files whose bytes are lost. Nobody here can make them again: an import of the same export can."""
        rows = await self._archive.media(tenant_of(part), part.after, part.until, PART)
        cut = await self._cut(rows, apply=False)
        return cut.compared(_difference(Kind.MEDIA, cut.lost))

    @activity.defn
    async def compare_vision(self, part: ComparePart) -> Compared:
        """Find looks whose objects are lost; with ``apply`` write them from the archive. Idempotent by key."""
        tenant = tenant_of(part)
        rows = await self._archive.vision(tenant, part.after, part.until, PART)
        cut = await self._cut(rows, apply=False)
        written = 0
        for sha256, key in _each(cut.lost) if part.apply else ():
            activity.heartbeat()
            if facts := await self._archive.facts(tenant, sha256, key):
                await self._objects.put(key, facts.model_dump_json(indent=1).encode(), "application/json")
                written += 1
        return cut.compared(_difference(Kind.VISION, cut.lost, repaired=written))

    @activity.defn
    async def compare_pages(self, part: ComparePart) -> Compared:
        """Find pages whose objects are lost; with ``apply`` have a post that links to each read it again.

        Idempotent: the page is kept under its key, with what is known of it, until it was read again.
        """
        tenant = tenant_of(part)
        rows = await self._archive.pages(tenant, part.after, part.until, PART)
        cut = await self._cut(rows, apply=part.apply)
        if part.apply and cut.lost:
            keys = [cursor for cursor, _ in cut.lost]
            await self._archive.expire(tenant, keys)
            readers = await self._archive.readers(tenant, keys)
            refs = await self._posts.clear(tenant, [(id, Stage.CRAWL) for id in readers])
            await look_again(self._workflows, refs)
        opened = len(cut.lost) if part.apply else 0
        return cut.compared(_difference(Kind.PAGES, cut.lost), opened=opened)

    @activity.defn
    async def settle_pages(self, part: ComparePart) -> None:
        """Say no more that there are objects of the part's pages that could not be read again. Idempotent."""
        await self._archive.forget_unread(tenant_of(part), part.after, part.until)

    async def _cut(self, rows: Sequence[Stored], *, apply: bool) -> Taken[Lost]:
        slots = asyncio.Semaphore(AT_ONCE)
        absent = await asyncio.gather(*(self._absent(row.keys, slots) for row in rows))
        lost = {row.cursor: (row.cursor, keys) for row, keys in zip(rows, absent, strict=True) if keys}
        return taken([row.cursor for row in rows], lost, apply=apply)

    async def _absent(self, keys: Sequence[str], slots: asyncio.Semaphore) -> tuple[str, ...]:
        async with slots:
            return tuple([key for key in keys if not await self._objects.exists(key)])


def _each(lost: Iterable[Lost]) -> Iterable[tuple[str, str]]:
    return ((cursor, key) for cursor, keys in lost for key in keys)


def _difference(kind: Kind, lost: Iterable[Lost], repaired: int = 0) -> Difference:
    """Pages count as one, whichever of their two objects is lost; pictures and looks have a key each."""
    names = tuple(keys[0] for _, keys in lost) if kind is Kind.PAGES else tuple(k for _, k in _each(lost))
    return Difference(kind=kind, count=len(names), repaired=repaired, examples=names)
