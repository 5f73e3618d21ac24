"""The archive in memory, with the semantics that the SQL has: merged posts, one record per stage, an outbox."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from contracts.album import AlbumItem, AlbumItemMaterial, AlbumMaterial, AlbumRef, AlbumState
from contracts.changes import PostEdited
from contracts.commit import StageCommit
from contracts.dead_letters import parked as letter_of
from contracts.errors import RejectedError
from contracts.events import AlbumParsed, PostParsed
from contracts.identity import digest
from contracts.material import AlbumSummary, Page, Picture, PostMaterial
from contracts.outgoing import Outgoing
from contracts.parking import LeftOpen, OpenLetter, Parked, Settled
from contracts.post import Deletion, MediaRef, MediaSeen, PostRef, PostState
from contracts.stages import Stage, StageRecord, StageTiming
from contracts.streams import POSTS_DELETED
from contracts.vision import Look, PictureFacts, Recalled
from domain.links import found_in, page_key, unique
from domain.standards import Standards
from domain.text import content_hash
from domain.treating import Surroundings
from domain.views import View, view
from tests.fakes import Gate, Weather


class FakeLooks:
    """What was seen, by (tenant, file, version); a claim holds until it is given back."""

    def __init__(self) -> None:
        self.seen: dict[tuple[UUID, str, str], tuple[MediaSeen, PictureFacts | None]] = {}
        self.claims: dict[tuple[UUID, str, str], datetime] = {}
        self.unwritten: set[tuple[UUID, str, str]] = set()
        self.weather = Weather()

    async def known(
        self, tenant_id: UUID, files: Iterable[str], versions: Iterable[str]
    ) -> dict[str, dict[str, Look]]:
        wanted = list(versions)
        return {file: self._of(tenant_id, file, wanted) for file in files}

    def _of(self, tenant_id: UUID, file: str, versions: Iterable[str]) -> dict[str, Look]:
        keys = ((version, (tenant_id, file, version)) for version in versions)
        return {version: _look(*self.seen[key]) for version, key in keys if key in self.seen}

    def view(self, tenant_id: UUID, media: MediaRef, standards: Standards, fallback: str = "") -> View | None:
        """What counts of a file, as the SQL and the domain have it together."""
        looks = self._of(tenant_id, media.sha256, (standards.common.vision, standards.ocr))
        return view(media, looks, standards.common.vision, fallback)

    async def recall(self, tenant_id: UUID, sha256: str, version: str) -> Recalled | None:
        seen, facts = self.seen.get(key := (tenant_id, sha256, version), (None, None))
        return Recalled(seen=seen, unwritten=facts if key in self.unwritten else None) if seen else None

    async def claim(
        self, tenant_id: UUID, sha256: str, version: str, lasting: timedelta, key: str
    ) -> datetime | None:
        if (tenant_id, sha256, version) in self.claims:
            return None
        return self.claims.setdefault((tenant_id, sha256, version), datetime.now(UTC) + lasting)

    async def release(self, tenant_id: UUID, sha256: str, version: str, until: datetime) -> None:
        if self.claims.get((tenant_id, sha256, version)) == until:
            del self.claims[tenant_id, sha256, version]

    async def remember(
        self, tenant_id: UUID, seen: MediaSeen, version: str, facts: PictureFacts | None, key: str | None
    ) -> None:
        self.weather.strike()
        self.seen[tenant_id, seen.sha256, version] = (seen, facts)
        self.claims.pop((tenant_id, seen.sha256, version), None)
        if key:
            self.unwritten.add((tenant_id, seen.sha256, version))

    async def written(self, tenant_id: UUID, sha256: str, version: str) -> None:
        self.unwritten.discard((tenant_id, sha256, version))


def _look(seen: MediaSeen, facts: PictureFacts | None) -> Look:
    return Look(features_hash=seen.features_hash, skipped=seen.skipped, facts=facts)


class FakePages:
    """Pages by (tenant, key)."""

    def __init__(self) -> None:
        self.kept: dict[tuple[UUID, str], Page] = {}
        self._expired: set[str] = set()

    async def has(self, tenant_id: UUID, key: str) -> bool:
        return (tenant_id, key) in self.kept and key not in self._expired

    def expire(self, keys: Sequence[str]) -> None:
        """Have pages read again; what is known of them stays."""
        self._expired.update(keys)

    def forget_expired(self) -> list[str]:
        """Forget the objects of pages that were not read again; return whose."""
        forgotten = sorted(key for _, key in self.kept if key in self._expired)
        for owner, key in list(self.kept):
            if key in forgotten:
                page = self.kept[owner, key]
                self.kept[owner, key] = page.model_copy(update={"html_key": None, "md_key": None})
        return forgotten

    async def keep(self, tenant_id: UUID, key: str, page: Page) -> None:
        known = self.kept.get((tenant_id, key))
        if not (page.skipped and known and known.content_sha256):
            self.kept[tenant_id, key] = page
            self._expired.discard(key)


@dataclass(frozen=True)
class Unsent:
    """A row of the outbox."""

    id: int
    event: Outgoing


@dataclass
class Tomb:
    """What is left of a deleted post."""

    deletion: Deletion
    deleted_at: datetime
    grouped_id: int | None
    erased: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    doomed: list[str] = field(default_factory=list)


#: When something happened does not matter here.
NEVER = StageTiming(
    scheduled_at=datetime(2026, 1, 1, tzinfo=UTC), started_at=datetime(2026, 1, 1, tzinfo=UTC)
)


@dataclass
class Row:
    """A post and what its stages left."""

    ref: PostRef
    event: PostParsed
    records: dict[str, StageRecord] = field(default_factory=dict)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    findings: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: list[str] = field(default_factory=list)
    concluded: str = ""
    failed: str = ""


class FakeArchive:
    """Posts, stages and the outbox."""

    def __init__(self, looks: FakeLooks, pages: FakePages) -> None:
        self.looks, self.pages = looks, pages
        self.rows: dict[UUID, Row] = {}
        self.files: dict[UUID, tuple[MediaRef, ...]] = {}
        self.albums: dict[int, dict[str, Any]] = {}
        #: Usernames and titles of channels, as far as a test says.
        self.channels: dict[UUID, tuple[str | None, str | None]] = {}
        self.early: dict[UUID, PostEdited] = {}
        self.tombs: dict[UUID, Tomb] = {}
        self._outbox: dict[tuple[str, str], tuple[Unsent, str]] = {}
        self._sent: set[int] = set()
        self._numbers = count()
        self.weather = Weather()
        #: Texts that no row can hold.
        self.refused: set[str] = set()
        #: Holds whoever marks a post as failed.
        self.marking = Gate()

    def _check(self, text: str) -> None:
        self.weather.strike()
        if text in self.refused:
            raise RejectedError(f"no row holds {text!r}")

    async def save(self, ref: PostRef, event: PostParsed, timing: StageTiming) -> None:
        self._check(event.text)
        known = self.rows.get(ref.post_id)
        if ref.post_id in self.tombs:
            return
        if known is None:
            self.rows[ref.post_id] = Row(ref, event)
        elif event.text and (event.edited_at or event.posted_at) >= (
            known.event.edited_at or known.event.posted_at
        ):
            known.event = event

    async def edit(self, ref: PostRef, edit: PostEdited, timing: StageTiming) -> None:
        self._check(edit.text)
        row = self.rows.get(ref.post_id)
        if ref.post_id in self.tombs:
            return
        if row is None:
            early = self.early.get(ref.post_id)
            self.early[ref.post_id] = edit if early is None or edit.edited_at >= early.edited_at else early
        elif edit.text and edit.edited_at >= (row.event.edited_at or row.event.posted_at):
            urls = found_in(edit.text) if edit.urls is None else edit.urls
            changes = {"text": edit.text, "urls": urls, "edited_at": edit.edited_at}
            row.event = row.event.model_copy(update=changes)

    async def state(self, ref: PostRef, standards: Standards) -> PostState:
        versions = standards.of(ref.tenant_id)
        if ref.post_id in self.rows and ref.post_id in self.early:
            await self.edit(ref, self.early.pop(ref.post_id), NEVER)
        for absent, known in (("deleted", self.tombs), ("not_arrived", self.early)):
            if ref.post_id in known and ref.post_id not in self.rows:
                return PostState(ref=ref, content_hash="", text_length=0, versions=versions, absent=absent)
        row = self._row(ref)
        album = self._album(row)
        return PostState(
            ref=row.ref,
            content_hash=content_hash(row.event.text),
            text_length=len(row.event.text),
            links=unique(row.event.urls),
            media=self.treated(row, standards),
            album_id="42" if row.ref.grouped_id in self.albums else "",
            album_hash=album.get("summary_hash", ""),
            album_words=album.get("words_hash", ""),
            versions=versions,
            records={record.stage: record for record in row.records.values()},
            unsent=len(await self.unsent(str(ref.post_id))),
            concluded=bool(row.concluded),
        )

    def treated(self, row: Row, standards: Standards) -> tuple[MediaRef, ...]:
        """The files of a post, with what is done with them."""
        username, title = self.channels.get(row.ref.channel_id, (None, None))
        ref = row.ref
        around = Surroundings(ref.tenant_id, ref.tg_channel_id, username, title, row.event.text)
        return standards.treated(around, self.files.get(ref.post_id, ()))

    async def mark_failed(self, ref: PostRef, reason: str) -> None:
        await self.marking.passed()
        if ref.post_id in self.rows:
            self.rows[ref.post_id].failed, self.rows[ref.post_id].concluded = reason, ""

    async def material(self, ref: PostRef, vision_version: str) -> PostMaterial:
        row = self._row(ref)
        event, links = row.event, unique(row.event.urls)
        crawl = row.records.get(Stage.CRAWL)
        unread = crawl is not None and crawl.reason in {"no_trigger", "no_links"}
        keys = [] if unread else [page_key(link, "c1") for link in links]
        return PostMaterial(
            ref=row.ref, text=event.text, content_hash=content_hash(event.text), urls=links,
            posted_at=event.posted_at, link=event.telegram_post_url, channel_title=None, source="channel",
            pictures=tuple(self._picture(row, m) for m in self.files.get(ref.post_id, ())),
            pages=tuple(p for k in keys if (p := self.pages.kept.get((ref.tenant_id, k)))),
            tags=row.findings.get("tags", {}).get("tags", ()), tags_data=row.findings.get("tags", {}),
            album=self._summary(row), records=dict(row.records), results=dict(row.results),
        )  # fmt: skip

    def _picture(self, row: Row, media: MediaRef) -> Picture:
        """What the post's own vision stage has recorded of a file; nothing before it has."""
        files = row.results.get(Stage.VISION, {}).get("files", {})
        known = files.get(media.sha256, {})
        skipped = known.get("reason") if known.get("how") == "skip" else None
        _, facts = self.looks.seen.get((row.ref.tenant_id, media.sha256, known.get("version")), (None, None))
        return Picture(media=media, facts=facts, skipped=skipped)

    def _enrichment(self, row: Row) -> dict[str, Any]:
        enrichment: dict[str, Any] = self.albums.get(row.ref.grouped_id or 0, {}).get("enrichment", {})
        return enrichment

    def _album(self, row: Row) -> dict[str, Any]:
        album = self._enrichment(row)
        return album if album.get("caption_post_id") == str(row.ref.post_id) else {}

    def _summary(self, row: Row) -> AlbumSummary | None:
        if row.ref.grouped_id is None:
            return None
        album = self._album(row)
        return AlbumSummary(
            album_id=42, grouped_id=row.ref.grouped_id, position=0, is_caption=bool(album),
            partial=bool(self._enrichment(row).get("partial")),
            summary=album.get("vision_summary") or "", words=album.get("words") or "",
            ocr_text=album.get("ocr_text") or "",
        )  # fmt: skip

    def _row(self, ref: PostRef) -> Row:
        if ref.post_id not in self.rows:
            raise RejectedError(f"no post {ref.message_id}")
        return self.rows[ref.post_id]

    async def commit(self, *commits: StageCommit) -> None:
        for commit in commits:
            row = self.rows[commit.ref.post_id]
            before = row.records.get(commit.record.stage)
            runs = before.runs + 1 if before else 1
            row.records[commit.record.stage] = commit.record.model_copy(update={"runs": runs})
            row.results[commit.record.stage] = commit.result
            row.runs.append(commit.record.stage)
            if commit.finding:
                row.findings[commit.finding.kind] = {
                    **row.findings.get(commit.finding.kind, {}),
                    **commit.finding.data,
                }
            if commit.status:
                row.concluded = ""
            self.put_out(str(commit.ref.post_id), commit.events)

    async def conclude(self, ref: PostRef, events: Sequence[Outgoing], status: str) -> None:
        self.rows[ref.post_id].concluded = status
        self.put_out(str(ref.post_id), events)

    def put_out(self, aggregate: str, events: Sequence[Outgoing]) -> None:
        """Keep events; a key that is there already stays as it is."""
        for event in events:
            row = Unsent(next(self._numbers), event)
            self._outbox.setdefault((event.stream, event.idempotency_key), (row, aggregate))

    async def unsent(self, aggregate: str) -> list[Unsent]:
        rows = self._outbox.values()
        return [row for row, owner in rows if owner == aggregate and row.id not in self._sent]

    async def sent(self, ids: Sequence[int], entry_ids: Sequence[str]) -> None:
        self._sent.update(ids)

    async def entomb(self, ref: PostRef, deletion: Deletion, now: datetime) -> bool:
        self.weather.strike()
        tomb = Tomb(deletion, deletion.deleted_at or now, ref.grouped_id)
        self.early.pop(ref.post_id, None)
        return not self.tombs.setdefault(ref.post_id, tomb).erased

    async def forget(self, ref: PostRef) -> None:
        self.weather.strike()
        self.rows.pop(ref.post_id, None)
        mine = self.files.pop(ref.post_id, ())
        others = {m.sha256 for files in self.files.values() for m in files}
        keys = [m.object_key for m in mine if m.object_key and m.sha256 not in others]
        self.tombs[ref.post_id].doomed.extend(keys)
        gone = [
            key
            for key, (_, owner) in self._outbox.items()
            if owner == str(ref.post_id) and key[0] != POSTS_DELETED
        ]
        for key in gone:
            del self._outbox[key]

    @asynccontextmanager
    async def doomed(self, ref: PostRef) -> AsyncIterator[list[str]]:
        yield self.tombs[ref.post_id].doomed

    async def told(self, ref: PostRef) -> tuple[datetime, str]:
        tomb = self.tombs[ref.post_id]
        return tomb.deleted_at, tomb.deletion.reason

    async def erased(self, ref: PostRef, counts: dict[str, int], events: Sequence[Outgoing]) -> int | None:
        self.weather.strike()
        tomb = self.tombs[ref.post_id]
        tomb.counts = tomb.counts if tomb.erased else counts
        tomb.erased, tomb.doomed = True, []
        self.put_out(str(ref.post_id), events)
        return tomb.grouped_id if tomb.grouped_id in self.albums else None

    def committed(self) -> list[Outgoing]:
        """Every event that was ever put into the outbox, in order."""
        return [row.event for row, _ in self._outbox.values()]


class FakeParks:
    """Parks and how they ended; the letters wait in the archive's outbox."""

    def __init__(self, archive: FakeArchive) -> None:
        self._archive = archive
        self.parks: dict[str, Parked] = {}
        self.ended: dict[str, Settled] = {}
        #: How often each park was tried again by itself, in vain.
        self.tries: Counter[str] = Counter()
        self.weather = Weather()
        #: Holds whoever writes down how a park ended.
        self.ending = Gate()

    async def keep(self, park: Parked, letter: Outgoing | None) -> None:
        self.weather.strike()
        if park.key not in self.parks and letter:
            self._archive.put_out(park.workflow_id, [letter])
        if park.key not in self.ended:
            self.parks[park.key] = park
            self.tries[park.key] = park.tries

    async def conclude(self, ref: PostRef, events: Sequence[Outgoing], status: str) -> bool:
        await self._archive.conclude(ref, events, status)
        return bool((await self.left_open(ref.workflow_id)).parks)

    async def left_open(self, workflow_id: str, but_of: str | None = None) -> LeftOpen:
        left = [p for key, p in self.parks.items() if p.workflow_id == workflow_id and key not in self.ended]
        open = [park for park in left if park.run_id != but_of]
        letters = [
            OpenLetter(id=n, stream=letter_of(p).stream, entry_id=p.key, unsaved=p.unsaved)
            for n, p in enumerate(open)
        ]
        return LeftOpen(parks=tuple(range(len(open))), letters=tuple(letters))

    async def close(self, left: LeftOpen, woken_by: str, by: str | None) -> None:
        for letter in left.letters:
            key = letter.entry_id or ""
            self.ended[key] = Settled(parked=self.parks[key], woken_by=woken_by)

    async def forget_letter(self, workflow_id: str, key: str) -> None:
        """Letters are known here by their parks."""

    async def end(self, settled: Settled) -> None:
        await self.ending.passed()
        self.weather.strike()
        self.parks.setdefault(settled.parked.key, settled.parked)
        self.ended[settled.parked.key] = settled


class FakeAlbums:
    """Albums by grouped_id, over the posts of an archive."""

    def __init__(self, archive: FakeArchive) -> None:
        self._archive = archive
        #: Captions that no row can hold.
        self.refused: set[str] = set()

    async def save(self, ref: AlbumRef, event: AlbumParsed) -> None:
        if event.caption_text in self.refused:
            raise RejectedError(f"no row holds {event.caption_text!r}")
        album = self._archive.albums.setdefault(ref.grouped_id, {"posts": {}, "count": 0, "assembled": None})
        album["count"] = max(album["count"], event.items_count)
        album["posts"].update(dict.fromkeys(event.post_ids))

    async def state(self, ref: AlbumRef, standards: Standards) -> AlbumState:
        vision_version = standards.common.vision
        if ref.grouped_id not in self._archive.albums:
            return AlbumState(ref=ref, album_id=0, expected=0, vision_version=vision_version, absent=True)
        album = self._archive.albums[ref.grouped_id]
        items = tuple(self._item(n, row, standards) for n, row in enumerate(self._rows(ref)))
        gone = sum(post in self._archive.tombs for post in album["posts"])
        return AlbumState(
            ref=ref, album_id=1, expected=max(album["count"] - gone, len(items)), items=items,
            vision_version=vision_version, assembled=album["assembled"], deleted=gone,
        )  # fmt: skip

    async def dissolve(self, ref: AlbumRef) -> None:
        self._archive.albums.pop(ref.grouped_id, None)

    def _rows(self, ref: AlbumRef) -> list[Row]:
        rows = self._archive.rows
        return [rows[post] for post in self._archive.albums[ref.grouped_id]["posts"] if post in rows]

    def _item(self, position: int, row: Row, standards: Standards) -> AlbumItem:
        files = self._archive.treated(row, standards)
        if not files:
            return AlbumItem(post=row.ref, position=position, skipped="no_media")
        known = self._archive.looks.view(row.ref.tenant_id, files[0], standards)
        return AlbumItem(
            post=row.ref, position=position, media=files[0],
            seen=known.look.features_hash or None if known else None,
            skipped=known.reason if known and known.how == "skip" else None,
        )  # fmt: skip

    async def material(self, ref: AlbumRef, standards: Standards) -> AlbumMaterial:
        album, items = self._archive.albums[ref.grouped_id], []
        for position, row in enumerate(self._rows(ref)):
            files = self._archive.treated(row, standards)
            looks, fallback = self._archive.looks, standards.fallback
            known = looks.view(ref.tenant_id, files[0], standards, fallback) if files else None
            items.append(
                AlbumItemMaterial(
                    post=row.ref, position=position, text=row.event.text, posted_at=row.event.posted_at,
                    mime=files[0].mime if files else None, facts=known.facts if known else None,
                )
            )  # fmt: skip
        return AlbumMaterial(
            ref=ref, album_id=1, announced_id=42, expected=max(album["count"], len(items)) - sum(
                post in self._archive.tombs for post in album["posts"]
            ),
            items=tuple(items), assembled=album["assembled"],
        )  # fmt: skip

    async def assembled(
        self, album: AlbumMaterial, fingerprint: str, enrichment: dict[str, object], event: Outgoing
    ) -> None:
        self._archive.albums[album.ref.grouped_id].update(assembled=fingerprint, enrichment=enrichment)
        self._archive.put_out(album.ref.workflow_id, [event])


def vision_key(name: str) -> str:
    """The key under which a builder's file of that name lies."""
    return f"media/{digest(name)}.png"
