"""Posts, albums and channels by what an operator calls them, and what is left of those that went."""

from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.postgres.albums import AlbumArchive
from adapters.postgres.deleting import Tombstones
from adapters.postgres.door import Directory
from adapters.postgres.explaining import Records
from adapters.postgres.finding import Finder
from adapters.postgres.outbox import Outbox
from adapters.postgres.posts import PostArchive
from adapters.postgres.reporting import Reports
from contracts.post import Deletion, PostRef
from tests.adapters.saved import a_known_ref, save
from tests.adapters.test_postgres_deleting import deleted
from tests.build import CHANNEL, LONG, MOMENT, a_timing, an_album_event, an_album_ref, an_edit

pytestmark = pytest.mark.services


@pytest.fixture
def finder(pool: asyncpg.Pool) -> Finder:
    return Finder(pool)


async def erase(pool: asyncpg.Pool, ref: PostRef, *known_as: UUID) -> None:
    tombstones = Tombstones(pool)
    await tombstones.entomb(ref, Deletion(reason="admin", known_as=known_as), MOMENT)
    await tombstones.forget(ref)
    await tombstones.erased(ref, {"vectors": 1, "nodes": 2}, [deleted(ref)])


async def told(pool: asyncpg.Pool, ref: PostRef) -> None:
    outbox = Outbox(pool)
    rows = await outbox.unsent(str(ref.post_id))
    await outbox.sent([row.id for row in rows], ["1-0" for _ in rows])


async def test_a_post_is_found_by_its_id_a_producers_id_and_its_message(
    finder: Finder, archive: PostArchive, ref: PostRef
) -> None:
    other = uuid4()
    await save(archive, ref, post_id=other)

    by_message = await finder.by_message(str(CHANNEL), ref.message_id, ref.tenant_id)

    assert await finder.by_id(ref.post_id) == await finder.by_id(other) == by_message
    assert (by_message[0].kind, by_message[0].ref) == ("archived", ref)


async def test_a_message_that_never_came_has_a_workflow_all_the_same(finder: Finder, ref: PostRef) -> None:
    [known] = await finder.by_message(str(CHANNEL), ref.message_id, ref.tenant_id)

    assert (known.kind, known.ref.workflow_id, known.ref.post_id) == ("unknown", ref.workflow_id, ref.post_id)


async def test_each_tenant_that_follows_a_channel_has_a_post_of_its_own(
    finder: Finder, archive: PostArchive, pool: asyncpg.Pool
) -> None:
    refs = [await a_known_ref(pool), await a_known_ref(pool)]
    for ref in refs:
        await save(archive, ref)

    found = await finder.by_message(str(CHANNEL), refs[0].message_id)

    assert {ref.post_id for ref in refs} <= {known.ref.post_id for known in found if known.kind == "archived"}


async def test_an_edit_that_came_first_is_found_and_told(
    finder: Finder, archive: PostArchive, pool: asyncpg.Pool, ref: PostRef
) -> None:
    await archive.edit(ref, an_edit(ref, text="новый текст"), a_timing())

    [known] = await finder.by_message(str(CHANNEL), ref.message_id, ref.tenant_id)
    edit = await Records(pool).early_edit(ref.channel_id, ref.message_id)

    assert known.kind == "early_edit"
    assert edit is not None
    assert (edit["text"], edit["channel"]) == ("новый текст", "Город")


async def test_a_deleted_post_is_found_by_all_its_names_and_told_by_its_tombstone(
    finder: Finder, archive: PostArchive, pool: asyncpg.Pool, ref: PostRef
) -> None:
    other = uuid4()
    await save(archive, ref, post_id=other)
    await erase(pool, ref)
    await told(pool, ref)

    records = Records(pool)
    for id in (ref.post_id, other):
        [known] = await finder.by_id(id)
        assert (known.kind, known.deletion, known.ref.post_id) == ("deleted", None, ref.post_id)
    stone = await records.tombstone(ref.channel_id, ref.message_id)
    assert stone is not None
    assert (stone["reason"], stone["counts"]) == ("admin", {"vectors": 1, "nodes": 2})
    assert [event["event_type"] for event in await records.events(str(ref.post_id))] == ["posts.deleted"]
    assert await records.post(ref.post_id) is None


async def test_a_deletion_that_is_not_done_is_known_with_its_reason(
    finder: Finder, archive: PostArchive, pool: asyncpg.Pool, ref: PostRef
) -> None:
    await save(archive, ref)
    await Tombstones(pool).entomb(ref, Deletion(reason="ttl"), MOMENT)

    [known] = await finder.by_id(ref.post_id)

    assert (known.kind, known.deletion) == ("archived", "ttl")


async def test_a_deletion_that_nobody_was_told_of_is_not_done(
    finder: Finder, archive: PostArchive, pool: asyncpg.Pool, ref: PostRef
) -> None:
    await save(archive, ref)
    await erase(pool, ref)

    [known] = await finder.by_message(str(CHANNEL), ref.message_id, ref.tenant_id)

    assert (known.kind, known.deletion) == ("deleted", "admin")


async def test_deleted_posts_are_counted_as_a_state_of_their_own(
    archive: PostArchive, pool: asyncpg.Pool
) -> None:
    gone = await a_known_ref(pool)
    kept = gone.model_copy(update={"message_id": 8, "post_id": uuid4()})
    for ref in (gone, kept):
        await save(archive, ref)
    await erase(pool, gone)

    rows = [row for row in await Reports(pool).posts() if row["tenant"] == str(gone.tenant_id)]

    assert {row["state"]: row["posts"] for row in rows} == {"pending": 1, "deleted": 1}


async def test_what_a_deletion_would_take_is_counted(
    archive: PostArchive, pool: asyncpg.Pool, ref: PostRef
) -> None:
    await save(archive, ref)

    weight = await Records(pool).weight(ref.post_id)

    assert (weight["characters"], weight["files"], weight["channel"]) == (len(LONG), 0, "Город")
    assert await Records(pool).weight(uuid4()) == {}


async def test_an_album_is_found_by_what_its_workflow_is_called(
    finder: Finder, pool: asyncpg.Pool, ref: PostRef
) -> None:
    album = an_album_ref(tenant=ref.tenant_id)
    await AlbumArchive(pool).save(album, an_album_event(album, (ref,)))

    found = await finder.album(ref.tenant_id, CHANNEL, album.grouped_id)

    assert found is not None
    assert found.workflow_id == album.workflow_id
    assert await finder.album(ref.tenant_id, CHANNEL, 1) is None


async def test_items_of_an_album_that_were_deleted_say_so(
    archive: PostArchive, pool: asyncpg.Pool, ref: PostRef
) -> None:
    album = an_album_ref(tenant=ref.tenant_id)
    other = ref.model_copy(update={"message_id": 8, "post_id": uuid4()})
    for post in (ref, other):
        await save(archive, post, grouped_id=album.grouped_id)
    await AlbumArchive(pool).save(album, an_album_event(album, (ref, other)))
    await erase(pool, ref)

    told = await Records(pool).album(ref.tenant_id, CHANNEL, album.grouped_id)

    assert told is not None
    assert [item["state"] for item in told["album"]["items"]] == ["deleted", "pending"]


async def test_a_channel_may_be_called_by_each_of_its_names(pool: asyncpg.Pool, ref: PostRef) -> None:
    await Directory(pool).add_channel(ref.tenant_id, ref.channel_id, CHANNEL, "Мой город", "my_city")

    for name in (str(CHANNEL), "Мой город", "@My_City", str(ref.channel_id)):
        assert await Finder(pool).channels(name, ref.tenant_id) == [CHANNEL]
    assert await Finder(pool).channels("nowhere", ref.tenant_id) == []


async def test_a_picture_that_no_channel_has_is_not_found(finder: Finder, ref: PostRef) -> None:
    assert await finder.channel_photo(ref.tenant_id, CHANNEL, 2) is None
