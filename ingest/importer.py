"""Imports a Telegram Desktop export: files to the object store, the rest to the database, batch by batch.

It can be stopped at any point and run again: nothing is stored twice, and what did not change is not told.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import asyncpg

from adapters.desktop_export.albums import Run, runs
from adapters.desktop_export.errors import ImportRefusedError
from adapters.desktop_export.model import ExportedChannelPhoto, ExportedChat, ExportedMessage, Skipped
from adapters.desktop_export.reading import DesktopExport
from adapters.postgres.ingest import IngestStore
from adapters.postgres.ingest_rows import ChannelPhotoRow, ChannelRow, PostRow
from ingest.intake import Intake
from ingest.options import ImportOptions, ImportProgress, ImportReport, ObjectStore
from ingest.rows import album_of, channel_photo_id, channel_photo_row, channel_row, post_row, with_media
from ingest.saving import Arrived, save

#: How many of the skipped messages of one reason the report names.
_NAMED = 10
_MEGABYTE: Final = 1024 * 1024

#: What stays together in a batch: the posts of a run, or a picture that the channel got.
Piece = Run | ExportedChannelPhoto


async def import_export(
    options: ImportOptions,
    pool: asyncpg.Pool,
    objects: ObjectStore,
    progress: Callable[[ImportProgress], None],
) -> ImportReport:
    """Import one chat of an export; ``progress`` is called after each batch. Returns what was done.

    Raises:
        ImportRefusedError: the export or the wish cannot be served; what stood before a broken place is kept.
        UnavailableError: a store did not answer; run the import again to go on.
    """
    started = time.monotonic()
    export = DesktopExport(options.path, _zone(options.timezone))
    store = IngestStore(pool)
    if not await store.has_tenant(options.tenant_id):
        raise ImportRefusedError(f"there is no tenant {options.tenant_id}", 2)
    chat = await asyncio.to_thread(export.chosen, options.chat)
    channel = await store.keep_channel(channel_row(chat, options.tenant_id))
    work = _Import(options, export, chat, channel)
    batches = work.batches()
    try:
        while batch := await asyncio.to_thread(next, batches, None):
            await work.take(batch, store, objects)
            progress(work.progress(time.monotonic() - started))
    except ImportRefusedError as error:
        kept = f"{error.sentence} {work.posts} posts that stand before that place are imported."
        raise ImportRefusedError(kept, error.exit_status) from error
    return work.report(time.monotonic() - started)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImportRefusedError(
            f"there is no time zone {name!r}; write one like Europe/Moscow", 2
        ) from error


class _Import:
    """An import under way: what it reads, and the counts of its report."""

    def __init__(
        self, options: ImportOptions, export: DesktopExport, chat: ExportedChat, channel: ChannelRow
    ) -> None:
        self._options, self._export, self._chat, self._channel = options, export, chat, channel
        self._skipped: dict[str, list[int]] = {}
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._media: Counter[str] = Counter()

    def batches(self) -> Iterator[list[Piece]]:
        """The export in batches, albums whole; at a broken place first what stood before it."""
        batch: list[Piece] = []
        try:
            for piece in self._pieces():
                batch.append(piece)
                if sum(map(_messages, batch)) >= self._options.batch_size:
                    yield batch
                    batch = []
        except ImportRefusedError:
            if batch:
                yield batch
            raise
        if batch:
            yield batch

    def _pieces(self) -> Iterator[Piece]:
        for kind, stretch in groupby(self._kept(), type):
            if kind is ExportedMessage:
                yield from runs(message for message in stretch if isinstance(message, ExportedMessage))
            else:
                yield from (photo for photo in stretch if isinstance(photo, ExportedChannelPhoto))

    def _kept(self) -> Iterator[ExportedMessage | ExportedChannelPhoto]:
        for message in self._export.messages(self._chat):
            if isinstance(message, Skipped):
                self._skip(message)
                continue
            if isinstance(message, ExportedMessage):
                self._counts["local_times"] += message.local_time
            yield message

    def _skip(self, message: Skipped) -> None:
        self._reasons[message.reason] += 1
        named = self._skipped.setdefault(message.reason, [])
        if message.id is not None and len(named) < _NAMED:
            named.append(message.id)

    async def take(self, batch: Sequence[Piece], store: IngestStore, objects: ObjectStore) -> None:
        """Store one batch: its files first, which are known by content, then everything else at once."""
        most = int(self._options.max_file_mb * _MEGABYTE)
        intake = Intake(self._export.folder, self._channel.tenant_id, objects, most)
        arrived = await self._arrived(intake, batch, await self._deleted(batch, store))
        saved = await save(store, self._channel, arrived, datetime.now(UTC))
        await intake.make_sure()
        self._counts.update(
            posts_new=len(saved.new),
            posts_changed=len(saved.changed),
            posts_refreshed=len(saved.refreshed),
            posts_unchanged=saved.unchanged,
            albums_new=saved.albums_new,
            albums_grown=saved.albums_grown,
            channel_pictures_new=saved.channel_pictures_new,
        )

    async def _deleted(self, batch: Sequence[Piece], store: IngestStore) -> set[int]:
        """The messages of a batch that were deleted here; their files are not taken either."""
        messages = [m.id for piece in batch if not isinstance(piece, ExportedChannelPhoto) for m in piece]
        deleted = await store.deleted(self._channel, messages)
        for id in sorted(deleted):
            self._skip(Skipped(id=id, reason="deleted"))
        return deleted

    async def _arrived(self, intake: Intake, batch: Sequence[Piece], deleted: set[int]) -> Arrived:
        """The rows of a batch; of messages with the same number the last one counts."""
        runs_of = [piece for piece in batch if not isinstance(piece, ExportedChannelPhoto)]
        photos_of = [piece for piece in batch if isinstance(piece, ExportedChannelPhoto)]
        pairs = [(m, album_of(self._chat, run)) for run in runs_of for m in run if m.id not in deleted]
        posts = await asyncio.gather(*(self._post(intake, message, album) for message, album in pairs))
        photos = await asyncio.gather(*(self._channel_photo(intake, photo) for photo in photos_of))
        return Arrived(
            posts=list({post.telegram_message_id: post for post in posts}.values()),
            channel_photos=list({photo.telegram_message_id: photo for photo in photos}.values()),
        )

    async def _post(self, intake: Intake, message: ExportedMessage, album: int | None) -> PostRow:
        post = post_row(self._chat, self._channel, message, album)
        if message.file is None:
            return post
        media, outcome = await intake.take(message.file, post.id)
        self._media[outcome] += 1
        return with_media(post, media)

    async def _channel_photo(self, intake: Intake, photo: ExportedChannelPhoto) -> ChannelPhotoRow:
        media, outcome = await intake.take(photo.file, channel_photo_id(self._channel, photo))
        self._media[outcome] += 1
        return channel_photo_row(self._channel, photo, media)

    @property
    def posts(self) -> int:
        """How many posts have been dealt with."""
        return sum(number for name, number in self._counts.items() if name.startswith("posts_"))

    def progress(self, seconds: float) -> ImportProgress:
        """How far it is."""
        read, total = self._export.position, self._export.size
        return ImportProgress(bytes_read=read, bytes_total=total, posts=self.posts, seconds=seconds)

    def report(self, seconds: float) -> ImportReport:
        """What it did."""
        return ImportReport(
            channel=self._channel.title,
            tg_channel_id=self._channel.tg_channel_id,
            timezone=self._options.timezone,
            **self._counts,
            skipped=dict(self._reasons),
            media=dict(self._media),
            first_skipped_ids={reason: ids for reason, ids in self._skipped.items() if ids},
            seconds=seconds,
        )


def _messages(piece: Piece) -> int:
    return 1 if isinstance(piece, ExportedChannelPhoto) else len(piece)
