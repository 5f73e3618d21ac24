"""The archive in memory, as it is compared with the stores."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.album import AlbumRef
from contracts.channel_photo import ChannelPhotoInput
from contracts.identity import trace_id
from contracts.outgoing import Outgoing
from contracts.post import PostRef
from contracts.reconciling import Check
from contracts.restoring import SentEvent
from contracts.stages import Stage
from contracts.vision import PictureFacts
from tests.fake_archive import FakeArchive, FakeParks, Row
from tests.fake_channel_photos import FakeChannelPhotos


@dataclass(frozen=True)
class Indexed:
    """A post that is said to be indexed."""

    id: UUID
    stages: tuple[Stage, ...]


@dataclass(frozen=True)
class Assembled:
    """An album that was put together."""

    id: int
    ref: AlbumRef
    object_key: str | None


@dataclass(frozen=True)
class Recorded:
    """A channel picture that was recorded."""

    photo: ChannelPhotoInput
    sha256: str


@dataclass(frozen=True)
class Stored:
    """A row, and the keys of its objects."""

    cursor: str
    keys: tuple[str, ...]


class FakeComparison:
    """What should be in the stores, and what is cleared to repair them."""

    def __init__(self, archive: FakeArchive, photos: FakeChannelPhotos) -> None:
        self._archive, self._photos = archive, photos

    async def next_tenant(self, after: UUID | None) -> UUID | None:
        tenants = sorted({row.ref.tenant_id for row in self._archive.rows.values()})
        return next((tenant for tenant in tenants if after is None or tenant > after), None)

    async def total(self, tenant_id: UUID | None, since: datetime) -> int:
        return len(self._rows(tenant_id))

    async def indexed(
        self, tenant_id: UUID, after: UUID, until: UUID | None, limit: int
    ) -> Sequence[Indexed]:
        rows = [row for row in self._rows(tenant_id) if row.concluded == "indexed"]
        found = [
            Indexed(id, tuple(stage for stage in (Stage.VECTORS, Stage.GRAPH) if stage in row.records))
            for row in rows
            if (id := row.ref.post_id) > after and (until is None or id <= until)
        ]
        return sorted(found, key=lambda post: post.id)[:limit]

    async def clear(self, tenant_id: UUID, stages: Sequence[tuple[UUID, Stage]]) -> list[PostRef]:
        for id, stage in stages:
            row = self._archive.rows[id]
            record = row.records[stage]
            runs = record.runs - (stage in {Stage.VECTORS, Stage.GRAPH})
            row.records[stage] = record.model_copy(update={"fingerprint": "", "runs": runs})
        return [self._archive.rows[id].ref for id in dict.fromkeys(id for id, _ in stages)]

    async def known(self, tenant_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
        return set(ids) & set(self._archive.rows)

    async def albums(self, tenant_id: UUID, after: int, until: int | None, limit: int) -> Sequence[Assembled]:
        posts = self._rows(tenant_id)
        if after or not posts:
            return []
        return [
            Assembled(1, self._ref(posts[0], grouped), album["enrichment"].get("s3_key"))
            for grouped, album in self._archive.albums.items()
            if "enrichment" in album
        ]

    def _ref(self, row: Row, grouped_id: int) -> AlbumRef:
        trace = trace_id(row.ref.tenant_id, grouped_id)
        return AlbumRef.model_validate({**row.ref.model_dump(), "grouped_id": grouped_id, "trace_id": trace})

    async def clear_albums(self, tenant_id: UUID, ids: Sequence[int]) -> None:
        for album in self._archive.albums.values():
            album["assembled"] = None

    async def channel_photos(
        self, tenant_id: UUID, after: UUID, until: UUID | None, limit: int
    ) -> Sequence[Recorded]:
        photos, done = self._photos, sorted(self._photos.done)
        return [
            Recorded(ChannelPhotoInput(ref=photos.refs[id]), photos.files[id].sha256)
            for id in done
            if id > after
        ]

    async def clear_channel_photos(self, tenant_id: UUID, ids: Sequence[UUID]) -> None:
        self._photos.done.difference_update(ids)

    async def pending(self, check: Check, tenant_id: UUID, after: str, until: str) -> list[str]:
        if check is Check.CHANNEL_PHOTOS:
            return [ref.workflow_id for id, ref in self._photos.refs.items() if id not in self._photos.done]
        if check is Check.ALBUMS:
            posts = self._rows(tenant_id)
            albums = self._archive.albums.items()
            return [self._ref(posts[0], n).workflow_id for n, album in albums if not album["assembled"]]
        stages = (Stage.CRAWL,) if check is Check.PAGES else (Stage.VECTORS, Stage.GRAPH)
        return [
            row.ref.workflow_id
            for row in self._rows(tenant_id)
            if any(row.records[stage].fingerprint == "" for stage in stages if stage in row.records)
        ]

    def _rows(self, tenant_id: UUID | None) -> list[Row]:
        rows = self._archive.rows.values()
        return [row for row in rows if tenant_id is None or row.ref.tenant_id == tenant_id]


class FakeObjectComparison:
    """What should be in the object store."""

    def __init__(self, archive: FakeArchive) -> None:
        self._archive = archive
        self.forgotten: list[str] = []

    async def media(self, tenant_id: UUID, after: str, until: str, limit: int) -> Sequence[Stored]:
        files = [file for files in self._archive.files.values() for file in files]
        return [Stored(file.sha256, (file.object_key,)) for file in files if file.object_key and not after]

    async def vision(self, tenant_id: UUID, after: str, until: str, limit: int) -> Sequence[Stored]:
        seen = self._archive.looks.seen
        return [Stored(sha, (f"vision/{sha}",)) for _, sha, _ in seen if not after]

    async def facts(self, tenant_id: UUID, sha256: str, key: str) -> PictureFacts | None:
        found = [facts for (_, sha, _), (_, facts) in self._archive.looks.seen.items() if sha == sha256]
        return found[0] if found else None

    async def pages(self, tenant_id: UUID, after: str, until: str, limit: int) -> Sequence[Stored]:
        kept = sorted(self._archive.pages.kept.items(), key=lambda item: item[0][1])
        return [
            Stored(key, (page.html_key, page.md_key or ""))
            for (_, key), page in kept
            if page.html_key and key > after and (not until or key <= until)
        ]

    async def readers(self, tenant_id: UUID, page_keys: Sequence[str]) -> list[UUID]:
        return [id for id, row in self._archive.rows.items() if Stage.CRAWL in row.records]

    async def expire(self, tenant_id: UUID, page_keys: Sequence[str]) -> None:
        self._archive.pages.expire(page_keys)

    async def forget_unread(self, tenant_id: UUID, after: str, until: str) -> None:
        self.forgotten += self._archive.pages.forget_expired()


class FakeSentOutbox:
    """The events that were sent, by their place in the outbox; dead letters of ended parks are in it no more."""

    def __init__(self, archive: FakeArchive, parks: FakeParks) -> None:
        self._archive, self._parks = archive, parks

    async def first(self, since: datetime) -> int | None:
        return 0 if self._archive.committed() else None

    async def part(self, after: int, since: datetime, tenant_id: UUID | None, limit: int) -> list[SentEvent]:
        numbered = enumerate(self._archive.committed(), 1)
        return [
            SentEvent(id=id, stream=event.stream, idempotency_key=event.idempotency_key)
            for id, event in numbered
            if id > after and event.idempotency_key not in self._parks.ended
        ][:limit]

    async def events(self, ids: Sequence[int]) -> dict[int, Outgoing]:
        committed = self._archive.committed()
        return {id: committed[id - 1] for id in ids}

    async def sent_again(self, ids: Sequence[int], entry_ids: Sequence[str]) -> None:
        """The fake outbox keeps no entry ids."""
