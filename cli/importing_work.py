"""An import through the stores of the running service, with its progress and its report."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg

from adapters.desktop_export.reading import located
from adapters.postgres.door import Directory
from cli.errors import CommandError
from cli.meter import Meter
from cli.running import archive, running
from cli.screen import Screen, note, seconds, show_json
from contracts.errors import RejectedError
from ingest.importer import import_export
from ingest.options import ImportOptions, ImportProgress, ImportReport
from runtime.settings import Settings, load_settings
from workers.objects import open_objects
from workers.searching import chosen


@dataclass(frozen=True)
class Wish:
    """What to import, for whom."""

    path: Path
    tenant: str
    chat: str | None
    timezone: str


async def import_into(wish: Wish, *, as_json: bool) -> None:
    """Import and show the report.

    Raises:
        CommandError: no service runs, or there is no such tenant.
        ImportRefusedError: the export cannot be used.
    """
    settings = load_settings()
    located(wish.path)
    async with archive(settings) as pool:
        tenant = await _tenant(pool, wish.tenant)
        report = await imported(wish, tenant, settings, pool)
    if as_json:
        show_json({**report.model_dump(mode="json"), "posts": report.posts})
        return
    show_report(report, Screen())
    if running(settings) and (report.posts_new or report.posts_changed):
        note("Its posts are being worked on now; `postloom status --watch` shows how far they are.")


async def imported(wish: Wish, tenant: UUID, settings: Settings, pool: asyncpg.Pool) -> ImportReport:
    """Import with a bar on standard error; return the report. Raises as ``import_export``."""
    options = ImportOptions(
        path=wish.path,
        tenant_id=tenant,
        chat=wish.chat,
        timezone=wish.timezone,
        max_file_mb=settings.max_media_mb,
    )
    with Meter("importing") as meter:

        def progress(how_far: ImportProgress) -> None:
            words = f"{how_far.posts} posts, {how_far.posts_per_second:.0f}/s"
            meter.show(how_far.bytes_read, how_far.bytes_total, words)

        async with open_objects(settings) as objects:
            return await import_export(options, pool, objects, progress)


async def _tenant(pool: asyncpg.Pool, wanted: str) -> UUID:
    try:
        return chosen(await Directory(pool).tenants(), wanted).id
    except RejectedError as error:
        raise CommandError(f"{error}; make one with `postloom tenants add {wanted}`", 2) from error


def show_report(report: ImportReport, screen: Screen) -> None:
    """Show what an import did."""
    screen.line(
        f"{report.channel or 'chat'}: {report.posts} posts in {seconds(report.seconds)}", style="bold"
    )
    screen.facts(_counts(report))


def _counts(report: ImportReport) -> Iterator[tuple[str, str]]:
    named = {
        "new": report.posts_new,
        "changed": report.posts_changed,
        "only counters changed": report.posts_refreshed,
        "unchanged": report.posts_unchanged,
        "albums, new": report.albums_new,
        "albums, grown": report.albums_grown,
        "channel pictures, new": report.channel_pictures_new,
    }
    yield from ((name, str(count)) for name, count in named.items() if count)
    for outcome, count in sorted(report.media.items()):
        yield f"files, {outcome.replace('_', ' ')}", str(count)
    for reason, count in sorted(report.skipped.items()):
        named_ids = ", ".join(map(str, report.first_skipped_ids.get(reason, [])))
        yield (
            f"no post: {reason.replace('_', ' ')}",
            f"{count}" + (f" (message {named_ids})" if named_ids else ""),
        )
