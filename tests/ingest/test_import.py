"""The import against a real database: what is new is told, what is not is not."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from adapters.desktop_export.errors import ImportRefusedError
from adapters.folder import FolderStore
from adapters.postgres.deleting import Tombstones
from adapters.postgres.door import Directory
from adapters.postgres.pool import open_pool
from contracts import identity
from contracts.post import Deletion
from ingest.importer import import_export
from ingest.options import ImportOptions, ImportProgress, ImportReport
from tests.build import MOMENT, a_ref
from tests.ingest.exports import CHAT, MARKED, a_message, a_picture, an_export

pytestmark = pytest.mark.services
_CITY = Path(__file__).parents[2] / "examples" / "city_channel"


@dataclass
class Archive:
    """A tenant of its own for each test, in the module's database."""

    pool: asyncpg.Pool
    objects: FolderStore
    tenant: UUID

    async def take(self, path: Path, **options: Any) -> ImportReport:
        wanted = ImportOptions(path=path, tenant_id=self.tenant, **options)
        return await import_export(wanted, self.pool, self.objects, lambda _: None)

    async def told(self, stream: str = "stream:posts:parsed") -> list[dict[str, str]]:
        rows = await self.pool.fetch(
            "SELECT fields FROM outbox_events WHERE tenant_id = $1 AND stream_key = $2 ORDER BY id",
            self.tenant,
            stream,
        )
        return [row["fields"] for row in rows]

    async def one(self, question: str) -> Any:
        return await self.pool.fetchval(question, self.tenant)


@pytest.fixture
async def archive(postgres_dsn: str, tmp_path: Path, names: Iterator[int]) -> AsyncIterator[Archive]:
    pool = await open_pool(postgres_dsn, size=4)
    name = f"tenant {next(names)}"
    tenant = identity.tenant_id(name)
    await pool.execute("INSERT INTO tenants (id, name) VALUES ($1, $2)", tenant, name)
    yield Archive(pool, FolderStore(tmp_path / "objects"), tenant)
    await pool.close()


@pytest.fixture(scope="module")
def names() -> Iterator[int]:
    return iter(range(1000))


async def test_a_city_channel_is_imported_whole_and_a_second_time_not_at_all(archive: Archive) -> None:
    first = await archive.take(_CITY)
    told = len(await archive.told())
    second = await archive.take(_CITY)

    assert (first.posts_new, first.albums_new, first.skipped) == (40, 3, {"service": 1})
    assert first.media == {"stored": 24, "not_included": 1, "mislabelled": 1}
    assert (second.posts_new, second.posts_changed, second.posts_refreshed, second.posts_unchanged) == (
        0,
        0,
        0,
        40,
    )
    assert second.media["known"] == 24
    assert told == len(await archive.told()) == 40
    assert sorted(int(event["items_count"]) for event in await archive.told("stream:albums:parsed")) == [
        2,
        3,
        4,
    ]


async def test_a_post_is_told_with_everything_known(archive: Archive, tmp_path: Path) -> None:
    reactions = [{"type": "emoji", "count": 3, "emoji": "👍"}, {"type": "paid", "count": 2}]
    text = "см. https://example.com/a"
    forward: dict[str, Any] = {"forwarded_from": "Область", "forwarded_from_id": "channel9"}
    message = a_picture(5, tmp_path / "e", text=text, reactions=reactions, reply_to_message_id=2, **forward)

    await archive.take(an_export(tmp_path / "e", message))

    [event] = await archive.told()
    sha256 = await archive.one("SELECT file_sha256 FROM media_objects WHERE tenant_id = $1")
    assert event["post_id"] == str(identity.post_id(archive.tenant, MARKED, 5))
    assert (event["urls"], event["link_count"]) == ('["https://example.com/a"]', "1")
    assert json.loads(event["media_sha256_list"]) == [sha256]
    assert (event["has_media"], event["reactions_count"]) == ("True", "5")
    assert (event["tg_channel_id"], event["telegram_post_url"]) == (str(MARKED), f"https://t.me/c/{CHAT}/5")
    assert (event["forward_from_chat_id"], event["reply_to_message_id"]) == ("-1000000000009", "2")
    assert (event["user_id"], event["channel_title"]) == ("", "Канал")
    [seen] = await archive.told("stream:posts:vision")
    assert json.loads(seen["data"])["media_files"][0]["sha256"] == sha256


async def test_an_edit_is_told_once_more_under_a_key_of_its_own(archive: Archive, tmp_path: Path) -> None:
    await archive.take(an_export(tmp_path / "a", a_message(1), a_message(2)))
    edited = an_export(tmp_path / "b", a_message(1), a_message(2, "Иначе", edited_unixtime="1700009999"))

    report = await archive.take(edited)
    again = await archive.take(edited)

    told = await archive.told()
    assert (report.posts_changed, report.posts_unchanged, again.posts_unchanged) == (1, 1, 2)
    assert [event["text"] for event in told] == ["Привет", "Привет", "Иначе"]
    assert told[2]["idempotency_key"].startswith(told[1]["idempotency_key"] + ":")
    assert told[2]["post_id"] == told[1]["post_id"]


async def test_other_reactions_are_counted_and_not_told(archive: Archive, tmp_path: Path) -> None:
    liked: dict[str, Any] = {
        "reactions": [{"type": "emoji", "count": 9, "emoji": "🔥"}],
        "edited_unixtime": "1700009999",
    }
    await archive.take(an_export(tmp_path / "a", a_message(1)))

    report = await archive.take(an_export(tmp_path / "b", a_message(1, **liked)))

    assert (report.posts_refreshed, report.posts_changed) == (1, 0)
    assert len(await archive.told()) == 1
    assert await archive.one("SELECT reactions_count FROM posts WHERE tenant_id = $1") == 9
    assert (
        await archive.one(
            "SELECT r.count FROM post_reactions r JOIN posts p ON p.id = r.post_id WHERE p.tenant_id = $1"
        )
        == 9
    )


async def test_an_overlapping_export_brings_only_what_is_new(archive: Archive, tmp_path: Path) -> None:
    await archive.take(an_export(tmp_path / "a", *(a_message(n) for n in range(1, 6))))

    report = await archive.take(an_export(tmp_path / "b", *(a_message(n) for n in range(3, 9))))

    assert (report.posts_new, report.posts_unchanged) == (3, 3)
    assert len(await archive.told()) == 8


async def test_the_rest_of_an_album_joins_the_album_that_is_known(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "e"
    items = [a_picture(n, folder, second=0) for n in range(1, 6)]
    await archive.take(an_export(folder, *items[2:]))

    report = await archive.take(an_export(folder, *items))

    albums = await archive.told("stream:albums:parsed")
    assert (report.albums_new, report.albums_grown) == (0, 1)
    assert [event["items_count"] for event in albums] == ["3", "5"]
    assert albums[0]["grouped_id"] == albums[1]["grouped_id"]
    assert albums[0]["idempotency_key"] != albums[1]["idempotency_key"]
    wanted = [str(identity.post_id(archive.tenant, MARKED, n)) for n in range(1, 6)]
    assert json.loads(albums[1]["post_ids"]) == wanted


async def test_an_album_is_never_split_over_two_batches(archive: Archive, tmp_path: Path) -> None:
    folder = tmp_path / "e"
    pictures = [a_picture(n, folder, second=0) for n in range(3, 9)]

    await archive.take(an_export(folder, a_message(1), a_message(2), *pictures), batch_size=3)

    assert [event["items_count"] for event in await archive.told("stream:albums:parsed")] == ["6"]


async def test_a_file_that_comes_later_takes_the_place_of_its_absence(
    archive: Archive, tmp_path: Path
) -> None:
    absent = a_message(1, "", photo="(File not included. Change data exporting settings to download.)")
    await archive.take(an_export(tmp_path / "a", absent))
    assert await archive.one("SELECT missing FROM media_objects WHERE tenant_id = $1") == "not_included"

    report = await archive.take(an_export(tmp_path / "b", a_picture(1, tmp_path / "b")))

    assert report.posts_changed == 1
    assert (
        await archive.one("SELECT count(*) FROM media_objects WHERE tenant_id = $1 AND missing IS NULL") == 1
    )
    assert await archive.one("SELECT count(*) FROM media_objects WHERE tenant_id = $1") == 1
    assert len(await archive.told("stream:posts:vision")) == 1


async def test_an_import_that_was_stopped_goes_on(archive: Archive, tmp_path: Path) -> None:
    folder = an_export(tmp_path / "e", *(a_message(n) for n in range(1, 31)))
    options = ImportOptions(path=folder, tenant_id=archive.tenant, batch_size=10)

    with pytest.raises(KeyboardInterrupt):
        await import_export(options, archive.pool, archive.objects, _stop)
    report = await archive.take(folder)

    assert (report.posts_unchanged, report.posts_new) == (10, 20)
    assert len(await archive.told()) == 30


async def test_an_old_export_is_read_in_the_time_zone_that_is_given(archive: Archive, tmp_path: Path) -> None:
    old = a_message(1, date="2021-06-01T12:00:00")
    del old["date_unixtime"]

    report = await archive.take(an_export(tmp_path / "e", old, a_message(2)), timezone="Europe/Moscow")

    assert (report.local_times, report.timezone) == (1, "Europe/Moscow")
    assert (await archive.told())[0]["posted_at"] == "2021-06-01T09:00:00+00:00"


async def test_what_stands_before_a_broken_place_is_imported(archive: Archive, tmp_path: Path) -> None:
    folder = an_export(tmp_path / "e", *(a_message(n) for n in range(1, 6)))
    body = (folder / "result.json").read_text()
    (folder / "result.json").write_text(body[: body.rindex('"id"')])

    with pytest.raises(ImportRefusedError, match=r"not valid JSON.* 4 posts that stand before") as refused:
        await archive.take(folder)

    assert refused.value.exit_status == 1
    assert len(await archive.told()) == 4


async def test_poison_is_reported_and_stops_nothing(archive: Archive, tmp_path: Path) -> None:
    poison = [
        a_message(2, "a\x00\ud83d", weird={"\x00": "\udc00"}),
        a_message(3, 5),
        a_message(4, type="unsupported"),
        {"id": 10**40, "type": "message"},
        a_message(6, date_unixtime="no"),
        [],
        a_message(-7, second=7, reactions=[{"type": [], "count": 10**40}]),
        a_message(8, "x" * 4096, reactions=[{"type": "emoji", "emoji": "👍", "count": 10**40}]),
    ]

    report = await archive.take(an_export(tmp_path / "e", a_message(1), *poison, a_message(9)))

    assert report.posts_new == 5
    assert report.skipped == {"bad_text": 1, "unsupported": 1, "bad_id": 1, "bad_date": 1, "no_object": 1}
    assert report.first_skipped_ids["bad_text"] == [3]


async def test_two_tenants_share_nothing(archive: Archive, tmp_path: Path) -> None:
    folder = an_export(tmp_path / "e", a_picture(1, tmp_path / "e"))
    other = Archive(archive.pool, archive.objects, identity.tenant_id(f"other {archive.tenant}"))
    await archive.pool.execute(
        "INSERT INTO tenants (id, name) VALUES ($1, $2)", other.tenant, str(other.tenant)
    )

    await archive.take(folder)
    report = await other.take(folder)

    assert (report.posts_new, report.media) == (1, {"stored": 1})
    assert (await other.told())[0]["channel_id"] != (await archive.told())[0]["channel_id"]


async def test_an_unknown_tenant_is_refused(archive: Archive, tmp_path: Path) -> None:
    stranger = Archive(archive.pool, archive.objects, UUID(int=7))

    with pytest.raises(ImportRefusedError, match="no tenant"):
        await stranger.take(an_export(tmp_path, a_message(1)))


def _stop(progress: ImportProgress) -> None:
    assert progress.bytes_read <= progress.bytes_total
    raise KeyboardInterrupt


async def test_a_deleted_message_stays_deleted_and_its_file_is_not_taken(
    archive: Archive, tmp_path: Path
) -> None:
    folder = tmp_path / "e"
    ref = a_ref(1, tenant=archive.tenant)
    await Directory(archive.pool).add_channel(archive.tenant, ref.channel_id, MARKED, "Канал", None)
    await Tombstones(archive.pool).entomb(ref, Deletion(), MOMENT)

    report = await archive.take(an_export(folder, a_picture(1, folder), a_message(2)))

    assert (report.posts_new, report.skipped, report.first_skipped_ids) == (
        1,
        {"deleted": 1},
        {"deleted": [1]},
    )
    assert await archive.objects.keys("media/") == []
    assert [event["telegram_message_id"] for event in await archive.told()] == ["2"]


class Thief(FolderStore):
    """A store from which a deletion takes each file once, right after it was found there or put there."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._taken: set[str] = set()

    async def put_file(self, key: str, source: Path, content_type: str) -> bool:
        new = await super().put_file(key, source, content_type)
        if key not in self._taken:
            self._taken.add(key)
            await self.delete(key)
        return new


async def test_a_file_that_a_deletion_takes_before_the_post_is_saved_is_stored_again(
    archive: Archive, tmp_path: Path
) -> None:
    folder = tmp_path / "e"
    archive.objects = Thief(tmp_path / "objects")

    await archive.take(an_export(folder, a_picture(1, folder), a_picture(2, folder)))

    assert len(await archive.objects.keys("media/")) == 2
