"""A channel's own pictures are kept once, with their reason when there are no bytes, and are no posts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from adapters.folder import FolderStore
from adapters.postgres.channel_photos import ChannelPhotoArchive
from adapters.postgres.pool import open_pool
from contracts import identity
from ingest.importer import import_export
from ingest.options import ImportOptions, ImportReport
from tests.ingest.exports import MARKED, PNG, a_channel_photo, a_message, a_picture, an_export

pytestmark = pytest.mark.services


class Shelf:
    """A tenant of its own, and what an import left for it."""

    def __init__(self, pool: asyncpg.Pool, objects: FolderStore, name: str) -> None:
        self.pool, self.objects, self.name = pool, objects, name
        self.tenant = identity.tenant_id(name)

    async def take(self, path: Path, **options: Any) -> ImportReport:
        wanted = ImportOptions(path=path, tenant_id=self.tenant, **options)
        return await import_export(wanted, self.pool, self.objects, lambda _: None)

    async def photos(self) -> list[dict[str, Any]]:
        rows = await self.pool.fetch(
            "SELECT p.*, m.missing, m.s3_key FROM channel_photos p "
            "JOIN media_objects m ON m.tenant_id = p.tenant_id AND m.file_sha256 = p.file_sha256 "
            "WHERE p.tenant_id = $1 ORDER BY p.telegram_message_id",
            self.tenant,
        )
        return [dict(row) for row in rows]

    async def count(self, table: str) -> int:
        number: int = await self.pool.fetchval(
            f"SELECT count(*) FROM {table} WHERE tenant_id = $1", self.tenant
        )
        return number

    async def waiting(self) -> list[int]:
        """The messages whose pictures wait to be handed over."""
        waiting = await ChannelPhotoArchive(self.pool).waiting(100)
        return [w.photo.ref.message_id for w in waiting if w.photo.ref.tenant_id == self.tenant]

    async def hand_over(self) -> None:
        archive = ChannelPhotoArchive(self.pool)
        for waiting in await archive.waiting(100):
            await archive.handed_over(waiting)


@pytest.fixture
async def shelf(postgres_dsn: str, tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Shelf]:
    pool = await open_pool(postgres_dsn, size=4)
    shelf = Shelf(pool, FolderStore(tmp_path / "objects"), request.node.name)
    await pool.execute("INSERT INTO tenants (id, name) VALUES ($1, $2)", shelf.tenant, shelf.name)
    yield shelf
    await pool.close()


def own_picture(folder: Path, body: bytes = PNG) -> Path:
    """Write the file that ``a_channel_photo`` names."""
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    (folder / "photos" / "own.png").write_bytes(body)
    return folder


async def test_a_channels_picture_is_kept_and_is_no_post(shelf: Shelf, tmp_path: Path) -> None:
    folder = own_picture(tmp_path / "e")

    report = await shelf.take(an_export(folder, a_message(1), a_channel_photo(2), a_message(3)))

    [photo] = await shelf.photos()
    assert (report.posts_new, report.channel_pictures_new, report.skipped) == (2, 1, {})
    assert report.media == {"stored": 1}
    assert (photo["id"], photo["telegram_message_id"]) == (
        identity.channel_photo_id(shelf.tenant, MARKED, 2),
        2,
    )
    assert await shelf.objects.keys("") == [photo["s3_key"]]
    assert (await shelf.count("posts"), await shelf.count("outbox_events")) == (2, 2)
    assert await shelf.waiting() == [2]


async def test_a_second_import_adds_nothing_and_hands_nothing_over(shelf: Shelf, tmp_path: Path) -> None:
    folder = an_export(own_picture(tmp_path / "e"), a_message(1), a_channel_photo(2))
    await shelf.take(folder)
    await shelf.hand_over()
    before = await shelf.photos()

    report = await shelf.take(folder)

    assert (report.channel_pictures_new, report.media) == (0, {"known": 1})
    assert await shelf.photos() == before
    assert await shelf.waiting() == []


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("(File not included. Change data exporting settings to download.)", "not_included"),
        ("(File exceeds maximum size. Change data exporting settings to download.)", "exceeds_size"),
        ("photos/none.png", "file_missing"),
        ("../own.png", "path_escapes"),
        ("photos/own.png", "oversized"),
    ],
)
async def test_a_picture_without_bytes_has_its_reason_and_stops_nothing(
    shelf: Shelf, tmp_path: Path, path: str, reason: str
) -> None:
    folder = own_picture(tmp_path / "e")
    own_picture(tmp_path)

    report = await shelf.take(
        an_export(folder, a_channel_photo(1, path), a_message(2)), max_file_mb=len(PNG) / 2**21
    )

    [photo] = await shelf.photos()
    assert (report.posts_new, report.channel_pictures_new, report.media) == (1, 1, {reason: 1})
    assert (photo["missing"], photo["s3_key"]) == (reason, None)
    assert await shelf.waiting() == [1]


async def test_a_file_that_comes_later_takes_the_place_of_its_absence(shelf: Shelf, tmp_path: Path) -> None:
    absent = a_channel_photo(1, "(File not included. Change data exporting settings to download.)")
    await shelf.take(an_export(tmp_path / "a", absent))
    await shelf.hand_over()

    report = await shelf.take(an_export(own_picture(tmp_path / "b"), a_channel_photo(1)))

    [photo] = await shelf.photos()
    assert (report.channel_pictures_new, photo["missing"]) == (1, None)
    assert await shelf.count("media_objects") == 1
    assert await shelf.waiting() == [1]


async def test_an_export_without_the_file_takes_nothing_away(shelf: Shelf, tmp_path: Path) -> None:
    await shelf.take(an_export(own_picture(tmp_path / "a"), a_channel_photo(1)))
    before = await shelf.photos()
    absent = a_channel_photo(1, "(File not included. Change data exporting settings to download.)")

    report = await shelf.take(an_export(tmp_path / "b", absent))

    assert report.channel_pictures_new == 0
    assert await shelf.photos() == before
    assert await shelf.count("media_objects") == 1


async def test_bytes_that_a_post_has_too_are_stored_once(shelf: Shelf, tmp_path: Path) -> None:
    post = a_picture(1, tmp_path / "e")

    report = await shelf.take(an_export(tmp_path / "e", post, a_channel_photo(2, post["photo"])))

    assert (report.posts_new, report.channel_pictures_new) == (1, 1)
    assert sum(report.media.values()) == 2
    assert await shelf.count("media_objects") == 1
    assert len(await shelf.objects.keys("")) == 1


async def test_a_channel_of_nothing_but_pictures_is_imported_in_batches(shelf: Shelf, tmp_path: Path) -> None:
    folder = own_picture(tmp_path / "e")

    report = await shelf.take(an_export(folder, *(a_channel_photo(n) for n in range(1, 8))), batch_size=3)

    assert (report.posts, report.channel_pictures_new) == (0, 7)
    assert await shelf.waiting() == list(range(1, 8))


async def test_a_picture_between_the_items_of_an_album_leaves_the_batches_whole(
    shelf: Shelf, tmp_path: Path
) -> None:
    folder = own_picture(tmp_path / "e")
    items = [a_picture(n, folder, second=0) for n in range(1, 4)]

    report = await shelf.take(
        an_export(folder, a_channel_photo(9), *items, a_channel_photo(10)), batch_size=2
    )

    assert (report.posts_new, report.albums_new, report.channel_pictures_new) == (3, 1, 2)


async def test_two_imports_at_once_keep_a_picture_once(shelf: Shelf, tmp_path: Path) -> None:
    folder = an_export(own_picture(tmp_path / "e"), a_message(1), a_channel_photo(2))

    reports = await asyncio.gather(*(shelf.take(folder) for _ in range(3)))

    assert sum(report.channel_pictures_new for report in reports) == 1
    assert len(await shelf.photos()) == 1


async def test_two_tenants_share_no_picture(shelf: Shelf, tmp_path: Path) -> None:
    folder = an_export(own_picture(tmp_path / "e"), a_channel_photo(1))
    other = Shelf(shelf.pool, shelf.objects, f"other {shelf.name}")
    await shelf.pool.execute("INSERT INTO tenants (id, name) VALUES ($1, $2)", other.tenant, other.name)

    await shelf.take(folder)
    report = await other.take(folder)

    [ours], [theirs] = await shelf.photos(), await other.photos()
    assert (report.channel_pictures_new, report.media) == (1, {"stored": 1})
    assert ours["id"] != theirs["id"]
    assert isinstance(ours["channel_id"], UUID) and ours["channel_id"] != theirs["channel_id"]
