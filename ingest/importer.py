"""Imports a Telegram Desktop export: files to the object store, the rest to the database, batch by batch.

It can be stopped at any point and run again: nothing is stored twice, and what did not change is not told.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import asyncpg

from adapters.desktop_export.albums import Run, runs
from adapters.desktop_export.errors import ImportRefusedError
from adapters.desktop_export.model import ExportedChat, ExportedMessage, Skipped
from adapters.desktop_export.reading import DesktopExport
from adapters.postgres.ingest import IngestStore
from adapters.postgres.ingest_rows import ChannelRow, PostRow
from ingest.intake import Intake
from ingest.options import ImportOptions, ImportProgress, ImportReport, ObjectStore
from ingest.rows import album_of, channel_row, post_row, with_media
from ingest.saving import save

#: How many of the skipped messages of one reason the report names.
_NAMED = 10


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

    def batches(self) -> Iterator[list[Run]]:
        """The export in batches, albums whole; at a broken place first what stood before it."""
        batch: list[Run] = []
        try:
            for run in runs(self._posts()):
                batch.append(run)
                if sum(len(each) for each in batch) >= self._options.batch_size:
                    yield batch
                    batch = []
        except ImportRefusedError:
            if batch:
                yield batch
            raise
        if batch:
            yield batch

    def _posts(self) -> Iterator[ExportedMessage]:
        for message in self._export.messages(self._chat):
            if isinstance(message, ExportedMessage):
                self._counts["local_times"] += message.local_time
                yield message
            else:
                self._skip(message)

    def _skip(self, message: Skipped) -> None:
        self._reasons[message.reason] += 1
        named = self._skipped.setdefault(message.reason, [])
        if message.id is not None and len(named) < _NAMED:
            named.append(message.id)

    async def take(self, batch: list[Run], store: IngestStore, objects: ObjectStore) -> None:
        """Store one batch: its files first, which are known by content, then everything else at once."""
        megabyte = 1024 * 1024
        intake = Intake(
            self._export.folder, self._channel.tenant_id, objects, int(self._options.max_file_mb * megabyte)
        )
        deleted = await store.deleted(self._channel, [message.id for run in batch for message in run])
        for id in sorted(deleted):
            self._skip(Skipped(id=id, reason="deleted"))
        pairs = [
            (message, album_of(self._chat, run))
            for run in batch
            for message in run
            if message.id not in deleted
        ]
        posts = await asyncio.gather(*(self._post(intake, message, album) for message, album in pairs))
        unique = {post.telegram_message_id: post for post in posts}
        saved = await save(store, self._channel, list(unique.values()), datetime.now(UTC))
        self._counts.update(
            posts_new=len(saved.new),
            posts_changed=len(saved.changed),
            posts_refreshed=len(saved.refreshed),
            posts_unchanged=saved.unchanged,
            albums_new=saved.albums_new,
            albums_grown=saved.albums_grown,
        )

    async def _post(self, intake: Intake, message: ExportedMessage, album: int | None) -> PostRow:
        post = post_row(self._chat, self._channel, message, album)
        if message.file is None:
            return post
        media, outcome = await intake.take(message.file, post.id)
        self._media[outcome] += 1
        return with_media(post, media)

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
