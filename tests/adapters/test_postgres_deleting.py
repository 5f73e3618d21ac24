"""Edits in any order, and deletions that nothing undoes, in a real database."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from adapters.postgres.albums import AlbumArchive
from adapters.postgres.deleting import Tombstones
from adapters.postgres.door import Directory
from adapters.postgres.ingest import IngestStore
from adapters.postgres.ingest_rows import ChannelRow
from adapters.postgres.posts import PostArchive
from adapters.postgres.vision import VisionMemory
from contracts.album import AlbumRef
from contracts.announcements import PostDeleted
from contracts.changes import Version
from contracts.events import PostParsed
from contracts.outgoing import outgoing
from contracts.post import Deletion, PostRef
from tests.adapters.saved import a_known_ref, save
from tests.build import (
    CHANNEL,
    LONG,
    MOMENT,
    SHORT,
    STANDARDS,
    a_ref,
    a_timing,
    an_album_event,
    an_album_ref,
    an_edit,
    an_event,
)
from tests.contracts.samples import EVENTS

pytestmark = pytest.mark.services

FIRST, SECOND = MOMENT + timedelta(hours=1), MOMENT + timedelta(hours=2)
MEDIA = """
INSERT INTO media_objects (tenant_id, file_sha256, mime, size_bytes, s3_key)
VALUES ($1, $2::text, 'image/png', 1, $2::text)
"""
MAPPED = "INSERT INTO post_media_map (post_id, tenant_id, file_sha256) VALUES ($1, $2, $3)"
LOOK = """
INSERT INTO media_vision (tenant_id, file_sha256, vision_version, s3_key)
VALUES ($1, $2::text, 'v1', 'seen/' || $2::text)
"""
PAGE = """
INSERT INTO pages (tenant_id, page_key, url, html_key, md_key)
VALUES ($1, $2::text, $3, $2::text || '.html', $2::text || '.md')
"""


@pytest.fixture
def tombstones(pool: asyncpg.Pool) -> Tombstones:
    return Tombstones(pool)


def deleted(ref: PostRef) -> Any:
    known = EVENTS["posts_deleted"]
    assert isinstance(known, PostDeleted)
    names = {
        "post_id": ref.post_id,
        "tenant_id": ref.tenant_id,
        "idempotency_key": f"{ref.post_id}:deleted:v1",
    }
    return outgoing(known.model_copy(update=names))


async def bury(tombstones: Tombstones, ref: PostRef, **values: Any) -> int | None:
    await tombstones.entomb(ref, Deletion(**values), MOMENT)
    await tombstones.forget(ref)
    return await tombstones.erased(ref, {"vectors": 1}, [deleted(ref)])


async def told(archive: PostArchive, ref: PostRef, version: Version) -> None:
    if isinstance(version, PostParsed):
        await archive.save(ref, version, a_timing())
    else:
        await archive.edit(ref, version, a_timing())
    await archive.state(ref, STANDARDS)


async def row(pool: asyncpg.Pool, ref: PostRef) -> dict[str, Any]:
    columns = "content, content_hash, urls, link_count, posted_at, edited_at, is_edited"
    found = await pool.fetchrow(f"SELECT {columns} FROM posts WHERE id = $1", ref.post_id)
    return dict(found) if found else {}


async def test_versions_in_every_order_end_in_the_same_row(archive: PostArchive, pool: asyncpg.Pool) -> None:
    ends = []
    for order in itertools.permutations(range(3)):
        ref = await a_known_ref(pool)
        versions = (
            an_event(ref, text=SHORT, urls=("https://example.org/old",)),
            an_edit(ref, text="первая https://example.org/1", edited_at=FIRST),
            an_edit(ref, text="вторая https://example.org/2", edited_at=SECOND),
        )
        for index in order:
            await told(archive, ref, versions[index])
        ends.append(await row(pool, ref))

    assert ends == [ends[0]] * 6
    assert (ends[0]["content"], ends[0]["edited_at"]) == ("вторая https://example.org/2", SECOND)
    assert ends[0]["urls"] == ["https://example.org/2"]


async def test_an_edit_before_its_post_says_that_the_post_has_not_arrived(
    archive: PostArchive, ref: PostRef
) -> None:
    await archive.edit(ref, an_edit(ref), a_timing())

    assert (await archive.state(ref, STANDARDS)).absent == "not_arrived"


async def test_the_same_text_in_other_white_space_is_no_new_content(
    archive: PostArchive, ref: PostRef
) -> None:
    await save(archive, ref, text=LONG, urls=("https://example.org/a",))
    before = await archive.state(ref, STANDARDS)

    await archive.edit(ref, an_edit(ref, text=f"  {LONG.upper()}\n"), a_timing())

    after = await archive.state(ref, STANDARDS)
    assert (after.content_hash, after.links) == (before.content_hash, before.links)


@pytest.mark.parametrize(
    "edit", [{"text": ""}, {"edited_at": MOMENT - timedelta(days=1)}], ids=["empty", "older"]
)
async def test_an_edit_that_is_empty_or_older_changes_nothing(
    archive: PostArchive, pool: asyncpg.Pool, ref: PostRef, edit: dict[str, Any]
) -> None:
    await save(archive, ref)
    before = await row(pool, ref)

    await archive.edit(ref, an_edit(ref, **edit), a_timing())

    assert await row(pool, ref) == before


async def test_what_comes_after_a_deletion_brings_nothing_back(
    archive: PostArchive, tombstones: Tombstones, pool: asyncpg.Pool, ref: PostRef
) -> None:
    await save(archive, ref)
    await bury(tombstones, ref)

    await save(archive, ref, edited_at=SECOND)
    await archive.edit(ref, an_edit(ref, edited_at=SECOND), a_timing())

    assert (await archive.state(ref, STANDARDS)).absent == "deleted"
    assert await row(pool, ref) == {}
    assert (
        await pool.fetchval("SELECT count(*) FROM post_early_edits WHERE tenant_id = $1", ref.tenant_id) == 0
    )


async def test_a_deletion_before_the_post_turns_it_away(
    archive: PostArchive, tombstones: Tombstones, pool: asyncpg.Pool, ref: PostRef
) -> None:
    await archive.edit(ref, an_edit(ref), a_timing())
    await bury(tombstones, ref)

    await save(archive, ref)

    assert await row(pool, ref) == {}
    assert (await archive.state(ref, STANDARDS)).absent == "deleted"


async def test_a_second_deletion_finds_the_post_gone_and_tells_nothing_new(
    archive: PostArchive, tombstones: Tombstones, pool: asyncpg.Pool, ref: PostRef
) -> None:
    await save(archive, ref)
    await bury(tombstones, ref)

    assert not await tombstones.entomb(ref, Deletion(reason="admin"), SECOND)
    await tombstones.forget(ref)
    await tombstones.erased(ref, {"vectors": 0}, [deleted(ref)])

    events = await pool.fetch("SELECT event_type FROM outbox_events WHERE tenant_id = $1", ref.tenant_id)
    assert [event["event_type"] for event in events] == ["posts.deleted"]
    assert await tombstones.told(ref) == (MOMENT, "user")
    counts = await pool.fetchval("SELECT counts FROM post_tombstones WHERE tenant_id = $1", ref.tenant_id)
    assert counts == {"vectors": 1}


async def test_only_what_nobody_else_refers_to_goes(
    archive: PostArchive, tombstones: Tombstones, pool: asyncpg.Pool, ref: PostRef
) -> None:
    other = a_ref(8, tenant=ref.tenant_id)
    mine, ours = "a" * 64, "b" * 64
    links = {"mine": "https://example.org/mine", "ours": "https://example.org/ours"}
    await save(archive, ref, urls=tuple(links.values()))
    await save(archive, other, urls=(links["ours"],))
    for sha256 in (mine, ours):
        await pool.execute(MEDIA, ref.tenant_id, sha256)
        await pool.execute(LOOK, ref.tenant_id, sha256)
        await pool.execute(MAPPED, ref.post_id, ref.tenant_id, sha256)
    await pool.execute(MAPPED, other.post_id, ref.tenant_id, ours)
    for name, link in links.items():
        await pool.execute(PAGE, ref.tenant_id, name, link)

    await tombstones.entomb(ref, Deletion(), MOMENT)
    keys = await gone_with(tombstones, ref)

    left = await pool.fetch(
        "SELECT file_sha256 AS sha256 FROM media_objects WHERE tenant_id = $1", ref.tenant_id
    )
    looks = await pool.fetch(
        "SELECT file_sha256 AS sha256 FROM media_vision WHERE tenant_id = $1", ref.tenant_id
    )
    pages = await pool.fetch("SELECT url FROM pages WHERE tenant_id = $1", ref.tenant_id)
    assert set(keys) == {mine, f"seen/{mine}", "mine.html", "mine.md"}
    assert [r["sha256"] for r in left] == [r["sha256"] for r in looks] == [ours]
    assert [r["url"] for r in pages] == [links["ours"]]


async def test_an_answer_that_was_written_and_never_remembered_goes_with_its_file(
    archive: PostArchive, tombstones: Tombstones, pool: asyncpg.Pool, ref: PostRef
) -> None:
    """A process died in between: the claim is all that tells of the object."""
    sha256 = "c" * 64
    await save(archive, ref)
    await pool.execute(MEDIA, ref.tenant_id, sha256)
    await pool.execute(MAPPED, ref.post_id, ref.tenant_id, sha256)
    await VisionMemory(pool).claim(ref.tenant_id, sha256, "v1", timedelta(minutes=1), "vision/x.json")

    await tombstones.entomb(ref, Deletion(), MOMENT)

    assert set(await gone_with(tombstones, ref)) == {sha256, "vision/x.json"}


async def gone_with(tombstones: Tombstones, ref: PostRef) -> list[str]:
    """Forget the post; return the objects that have to go with it."""
    await tombstones.forget(ref)
    async with tombstones.doomed(ref) as keys:
        return keys


async def sharing(archive: PostArchive, pool: asyncpg.Pool) -> tuple[PostRef, PostRef]:
    """Two entombed posts of a tenant, in two channels, with the same picture and the same link."""
    first = await a_known_ref(pool)
    second = a_ref(8, tenant=first.tenant_id).model_copy(
        update={"channel_id": uuid4(), "tg_channel_id": CHANNEL - 1}
    )
    await Directory(pool).add_channel(second.tenant_id, second.channel_id, CHANNEL - 1, None, None)
    await pool.execute(MEDIA, first.tenant_id, "a" * 64)
    await pool.execute(LOOK, first.tenant_id, "a" * 64)
    await pool.execute(PAGE, first.tenant_id, "page", "https://example.org/a")
    for ref in (first, second):
        await save(archive, ref, urls=("https://example.org/a",))
        await pool.execute(MAPPED, ref.post_id, ref.tenant_id, "a" * 64)
        await Tombstones(pool).entomb(ref, Deletion(), MOMENT)
    return first, second


async def test_of_posts_that_are_deleted_together_one_takes_what_they_shared(
    archive: PostArchive, tombstones: Tombstones, pool: asyncpg.Pool
) -> None:
    for _ in range(5):
        refs = await sharing(archive, pool)

        keys = await asyncio.gather(*(gone_with(tombstones, ref) for ref in refs))

        assert sorted([*keys[0], *keys[1]]) == ["a" * 64, "page.html", "page.md", f"seen/{'a' * 64}"]
        for table in ("media_objects", "media_vision", "pages"):
            left = f"SELECT count(*) FROM {table} WHERE tenant_id = $1"
            assert await pool.fetchval(left, refs[0].tenant_id) == 0


async def test_what_has_to_go_is_known_until_everything_is_gone(
    archive: PostArchive, tombstones: Tombstones, pool: asyncpg.Pool
) -> None:
    refs = await sharing(archive, pool)
    for ref in refs:
        await tombstones.forget(ref)

    again = await gone_with(tombstones, refs[1])

    assert len(again) == 4
    await tombstones.erased(refs[1], {}, [deleted(refs[1])])
    assert await gone_with(tombstones, refs[1]) == []


async def test_a_file_that_another_post_brought_again_meanwhile_stays(
    archive: PostArchive, tombstones: Tombstones, pool: asyncpg.Pool
) -> None:
    for ref in (refs := await sharing(archive, pool)):
        await tombstones.forget(ref)
    await pool.execute(MEDIA, refs[0].tenant_id, "a" * 64)

    assert sorted(await gone_with(tombstones, refs[1])) == ["page.html", "page.md"]


async def test_an_import_that_is_under_way_is_waited_for(
    archive: PostArchive, tombstones: Tombstones, pool: asyncpg.Pool
) -> None:
    for ref in (refs := await sharing(archive, pool)):
        await tombstones.forget(ref)
    channel = ChannelRow(
        id=refs[0].channel_id, tenant_id=refs[0].tenant_id, tg_channel_id=CHANNEL, title="Город"
    )

    async with IngestStore(pool).batch(channel):
        removal = asyncio.create_task(gone_with(tombstones, refs[1]))
        done, _ = await asyncio.wait({removal}, timeout=0.3)
        await pool.execute(MEDIA, refs[0].tenant_id, "a" * 64)

    assert not done
    assert sorted(await removal) == ["page.html", "page.md"]


async def test_an_album_does_without_a_deleted_item_whatever_it_was_called(
    archive: PostArchive, tombstones: Tombstones, pool: asyncpg.Pool
) -> None:
    tenant = (await a_known_ref(pool)).tenant_id
    album, refs = an_album_ref(tenant=tenant), [a_ref(n, tenant=tenant, grouped_id=555) for n in (1, 2)]
    alias = uuid4()
    await archive.save(refs[0], an_event(refs[0], text=""), a_timing())
    await archive.save(refs[1], an_event(refs[1], text="", post_id=alias), a_timing())
    albums = AlbumArchive(pool)
    await albums.save(album, an_album_event(album, post_ids=(refs[0].post_id, alias), items_count=2))

    grouped = await bury(tombstones, refs[1])

    state = await albums.state(album, STANDARDS)
    assert grouped == 555
    assert (state.expected, [item.post.message_id for item in state.items], state.deleted) == (1, [1], 1)


async def words_of(pool: asyncpg.Pool, ref: AlbumRef) -> tuple[list[str], str | None]:
    """What was told of the album, and its caption."""
    events = await pool.fetch("SELECT event_type FROM outbox_events WHERE tenant_id = $1", ref.tenant_id)
    caption = "SELECT caption_text FROM media_groups WHERE tenant_id = $1"
    told = {event["event_type"] for event in events} - {"posts.deleted"}
    return sorted(told), await pool.fetchval(caption, ref.tenant_id)


async def an_assembled_album(archive: PostArchive, pool: asyncpg.Pool) -> tuple[AlbumRef, list[PostRef]]:
    """An album of two, told of by the import and by the bridge; the first item has its caption."""
    tenant = (await a_known_ref(pool)).tenant_id
    album, refs = an_album_ref(tenant=tenant), [a_ref(n, tenant=tenant, grouped_id=555) for n in (1, 2)]
    for ref, text in zip(refs, ("тайна", ""), strict=True):
        await archive.save(ref, an_event(ref, text=text), a_timing())
    event = an_album_event(album, post_ids=tuple(ref.post_id for ref in refs), caption_text="тайна")
    await AlbumArchive(pool).save(album, event)
    channel = ChannelRow(id=album.channel_id, tenant_id=tenant, tg_channel_id=CHANNEL, title="Город")
    async with IngestStore(pool).batch(channel) as batch:
        await batch.tell([(f"{channel.id}:555", outgoing(event))])
    await assemble(pool, album)
    return album, refs


async def assemble(pool: asyncpg.Pool, album: AlbumRef) -> None:
    albums, event = AlbumArchive(pool), EVENTS["album_assembled"]
    material = await albums.material(album, STANDARDS)
    enrichment: dict[str, object] = {"vision_labels": [], "has_text": False, "ocr_text": "тайна"}
    await albums.assembled(material, uuid4().hex * 2, enrichment, outgoing(event.model_copy(
        update={"tenant_id": album.tenant_id, "idempotency_key": f"{album.workflow_id}:{uuid4()}"}
    )))  # fmt: skip


async def test_what_was_told_of_an_album_goes_with_an_item_and_its_words(
    archive: PostArchive, tombstones: Tombstones, pool: asyncpg.Pool
) -> None:
    album, refs = await an_assembled_album(archive, pool)
    before = await words_of(pool, album)

    await bury(tombstones, refs[0])

    assert before == (["album.assembled", "albums.parsed"], "тайна")
    assert await words_of(pool, album) == ([], None)


async def test_what_is_told_of_an_album_after_an_item_was_deleted_stays(
    archive: PostArchive, tombstones: Tombstones, pool: asyncpg.Pool
) -> None:
    album, refs = await an_assembled_album(archive, pool)
    await bury(tombstones, refs[1])
    await assemble(pool, album)

    await bury(tombstones, refs[1])

    assert await words_of(pool, album) == (["album.assembled"], "тайна")


async def test_nothing_that_was_told_outlives_an_album(archive: PostArchive, pool: asyncpg.Pool) -> None:
    album, _ = await an_assembled_album(archive, pool)

    await AlbumArchive(pool).dissolve(album)

    assert await words_of(pool, album) == ([], None)


async def test_an_album_announced_after_its_item_was_deleted_does_not_wait_for_it(
    tombstones: Tombstones, pool: asyncpg.Pool
) -> None:
    tenant = (await a_known_ref(pool)).tenant_id
    album, ref = an_album_ref(tenant=tenant), a_ref(1, tenant=tenant, grouped_id=555)
    await bury(tombstones, ref)
    albums = AlbumArchive(pool)

    await albums.save(album, an_album_event(album, (ref,)))

    state = await albums.state(album, STANDARDS)
    assert (state.expected, state.deleted, state.items) == (0, 1, ())


async def test_an_album_that_was_dissolved_is_absent(pool: asyncpg.Pool) -> None:
    tenant = (await a_known_ref(pool)).tenant_id
    albums, album = AlbumArchive(pool), an_album_ref(tenant=tenant)
    await albums.save(album, an_album_event(album, (a_ref(1, tenant=tenant),)))

    await albums.dissolve(album)

    assert (await albums.state(album, STANDARDS)).absent


async def test_a_post_is_found_by_every_id_that_it_had_also_when_it_is_gone(
    archive: PostArchive, tombstones: Tombstones, pool: asyncpg.Pool, ref: PostRef
) -> None:
    alias = uuid4()
    await save(archive, ref, post_id=alias)
    directory = Directory(pool)
    before = [await directory.post(id) for id in (ref.post_id, alias)]

    await bury(tombstones, ref)

    after = [await directory.post(id) for id in (ref.post_id, alias)]
    assert [known and known.message_id for known in (*before, *after)] == [7, 7, 7, 7]
    assert await directory.post(uuid4()) is None


async def test_a_channel_that_two_tenants_have_has_two_owners(pool: asyncpg.Pool) -> None:
    refs = [await a_known_ref(pool) for _ in range(2)]
    producers: UUID = uuid4()
    directory = Directory(pool)
    for ref in refs:
        await directory.add_channel(ref.tenant_id, producers, ref.tg_channel_id, None, None)

    assert set(await directory.owners(producers)) == {ref.tenant_id for ref in refs}
    assert await directory.owners(refs[0].channel_id) == [refs[0].tenant_id]
