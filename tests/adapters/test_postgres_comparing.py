"""The archive as it is compared with the stores: what it says is there, and what is cleared to have it made again."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from adapters.postgres.albums import AlbumArchive
from adapters.postgres.channel_photos import ChannelPhotoArchive
from adapters.postgres.comparing import Comparison
from adapters.postgres.comparing_objects import ObjectComparison
from adapters.postgres.deleting import Tombstones
from adapters.postgres.outbox_sent import SentOutbox
from adapters.postgres.pages import PageMemory
from adapters.postgres.posts import PostArchive
from adapters.postgres.stages import StageStore
from adapters.postgres.vision import VisionMemory
from contracts.identity import digest
from contracts.material import Page
from contracts.post import Deletion, MediaSeen, PostRef
from contracts.reconciling import Check
from contracts.stages import Stage
from domain.links import page_key
from tests.adapters.saved import a_known_ref, save
from tests.build import (
    MOMENT,
    a_channel_photo_ref,
    a_commit,
    a_record,
    a_ref,
    an_album_event,
    an_album_ref,
    some_facts,
)

pytestmark = pytest.mark.services

LINK = "https://example.org/a"
NOBODY = UUID(int=0)
LATER = MOMENT + timedelta(hours=1)


@pytest.fixture
def comparison(pool: asyncpg.Pool) -> Comparison:
    return Comparison(pool)


@pytest.fixture
def objects(pool: asyncpg.Pool) -> ObjectComparison:
    return ObjectComparison(pool)


async def an_indexed_post(pool: asyncpg.Pool, ref: PostRef, *stages: Stage) -> None:
    """A post that is said to be indexed in these stages."""
    await save(PostArchive(pool, "c1"), ref, urls=(LINK,))
    store = StageStore(pool)
    for stage in stages:
        await store.commit(a_commit(ref, stage, record=a_record(stage, digest(stage))))
    await store.conclude(ref, [], "indexed")


async def records(pool: asyncpg.Pool, ref: PostRef) -> dict[str, tuple[str, int]]:
    rows = await pool.fetch(
        "SELECT stage, fingerprint, runs FROM post_stages WHERE post_id = $1", ref.post_id
    )
    return {row["stage"]: (row["fingerprint"].strip(), row["runs"]) for row in rows}


async def test_indexed_posts_come_with_the_stages_that_put_them_there(
    pool: asyncpg.Pool, comparison: Comparison, ref: PostRef
) -> None:
    await an_indexed_post(pool, ref, Stage.VECTORS, Stage.GRAPH, Stage.TAGS)
    await an_indexed_post(pool, a_ref(8, tenant=ref.tenant_id), Stage.VECTORS)
    await save(PostArchive(pool, "c1"), a_ref(9, tenant=ref.tenant_id))

    found = {row.id: row.stages for row in await comparison.indexed(ref.tenant_id, NOBODY, None, 10)}

    assert found == {
        ref.post_id: (Stage.VECTORS, Stage.GRAPH),
        a_ref(8, tenant=ref.tenant_id).post_id: (Stage.VECTORS,),
    }


async def test_a_post_that_is_being_deleted_is_not_missed(
    pool: asyncpg.Pool, comparison: Comparison, ref: PostRef
) -> None:
    await an_indexed_post(pool, ref, Stage.VECTORS)
    await Tombstones(pool).entomb(ref, Deletion(), MOMENT)

    assert await comparison.indexed(ref.tenant_id, NOBODY, None, 10) == []


async def test_pages_of_posts_follow_each_other_and_end_where_they_are_told(
    pool: asyncpg.Pool, comparison: Comparison, ref: PostRef
) -> None:
    refs = [a_ref(number, tenant=ref.tenant_id) for number in range(1, 6)]
    for each in refs:
        await an_indexed_post(pool, each, Stage.VECTORS)
    ids = sorted(each.post_id for each in refs)

    first = [row.id for row in await comparison.indexed(ref.tenant_id, NOBODY, None, 2)]
    rest = [row.id for row in await comparison.indexed(ref.tenant_id, first[-1], ids[3], 10)]

    assert (first, rest) == (ids[:2], ids[2:4])


async def test_clearing_makes_those_stages_stale_and_counts_the_run_that_will_come_as_the_lost_one(
    pool: asyncpg.Pool, comparison: Comparison, ref: PostRef
) -> None:
    await an_indexed_post(pool, ref, Stage.VECTORS, Stage.GRAPH, Stage.CRAWL)

    cleared = [
        await comparison.clear(ref.tenant_id, [(ref.post_id, Stage.VECTORS), (ref.post_id, Stage.CRAWL)])
        for _ in range(2)
    ]

    assert cleared == [[ref], [ref]]
    known = await records(pool, ref)
    assert (known["vectors"], known["crawl"]) == (("", 0), ("", 1))
    assert known["graph"] == (digest(Stage.GRAPH), 1)
    assert not await pool.fetchval("SELECT is_processed FROM posts WHERE id = $1", ref.post_id)


async def test_posts_that_are_gone_or_another_tenants_are_not_cleared(
    pool: asyncpg.Pool, comparison: Comparison, ref: PostRef
) -> None:
    other = await a_known_ref(pool)
    await an_indexed_post(pool, other, Stage.VECTORS)

    cleared = await comparison.clear(
        ref.tenant_id, [(ref.post_id, Stage.VECTORS), (other.post_id, Stage.VECTORS)]
    )

    assert cleared == []
    assert await pool.fetchval("SELECT is_processed FROM posts WHERE id = $1", other.post_id)


async def test_what_was_cleared_is_pending_until_it_was_done_again(
    pool: asyncpg.Pool, comparison: Comparison, ref: PostRef
) -> None:
    await an_indexed_post(pool, ref, Stage.VECTORS)
    await comparison.clear(ref.tenant_id, [(ref.post_id, Stage.VECTORS)])
    upto = str(ref.post_id)

    before = await comparison.pending(Check.INDEX, ref.tenant_id, "", upto)
    beyond = await comparison.pending(Check.INDEX, ref.tenant_id, upto, upto)
    await StageStore(pool).commit(a_commit(ref, Stage.VECTORS, record=a_record(Stage.VECTORS, "again")))

    assert (before, beyond) == ([ref.workflow_id], [])
    assert await comparison.pending(Check.INDEX, ref.tenant_id, "", upto) == []
    assert (await records(pool, ref))["vectors"] == ("again", 1)


async def test_an_album_is_pending_until_it_was_put_together_again(
    pool: asyncpg.Pool, comparison: Comparison, ref: PostRef
) -> None:
    album = an_album_ref(tenant=ref.tenant_id)
    await AlbumArchive(pool).save(album, an_album_event(album, (ref,)))
    nothing = await comparison.albums(ref.tenant_id, 0, None, 10)
    enrichment = {"s3_key": "album/x.json"}
    await pool.execute(
        "UPDATE media_groups SET assembled_fingerprint = 'f', "
        "meta = meta || jsonb_build_object('enrichment', $2::jsonb) WHERE tenant_id = $1",
        ref.tenant_id,
        enrichment,
    )

    (found,) = await comparison.albums(ref.tenant_id, 0, None, 10)
    before = await comparison.pending(Check.ALBUMS, ref.tenant_id, "", str(found.id))
    await comparison.clear_albums(ref.tenant_id, [found.id])

    assert nothing == []
    assert (found.ref.workflow_id, found.object_key) == (album.workflow_id, "album/x.json")
    assert before == []
    assert await comparison.pending(Check.ALBUMS, ref.tenant_id, "", str(found.id)) == [album.workflow_id]
    assert [row.id for row in await comparison.albums(ref.tenant_id, 0, None, 10)] == [found.id]


async def test_a_channel_picture_that_was_cleared_waits_to_be_handed_over_until_it_was_recorded(
    pool: asyncpg.Pool, comparison: Comparison, ref: PostRef
) -> None:
    photo = a_channel_photo_ref(tenant=ref.tenant_id)
    await pool.execute(
        "INSERT INTO media_objects (tenant_id, file_sha256, mime, size_bytes, s3_key) "
        "VALUES ($1, $2, 'image/png', 1, 'k')",
        ref.tenant_id, "a" * 64,
    )  # fmt: skip
    await pool.execute(
        "INSERT INTO channel_photos (id, channel_id, tenant_id, telegram_message_id, posted_at, file_sha256, trace_id, "
        "handed_over_at, recorded_at) VALUES ($1, $2, $3, $4, now(), $5, $6, now(), now())",
        photo.photo_id, ref.channel_id, ref.tenant_id, photo.message_id, "a" * 64, photo.trace_id,
    )  # fmt: skip
    photos, upto = ChannelPhotoArchive(pool), str(photo.photo_id)

    (found,) = await comparison.channel_photos(ref.tenant_id, NOBODY, None, 10)
    await comparison.clear_channel_photos(ref.tenant_id, [photo.photo_id])
    pending = await comparison.pending(Check.CHANNEL_PHOTOS, ref.tenant_id, "", upto)
    waiting = [waits.photo.ref.photo_id for waits in await photos.waiting(1000)]
    await photos.recorded(photo, found.sha256)

    assert (found.photo.ref.workflow_id, found.sha256) == (photo.workflow_id, "a" * 64)
    assert pending == [photo.workflow_id]
    assert photo.photo_id in waiting
    assert await comparison.pending(Check.CHANNEL_PHOTOS, ref.tenant_id, "", upto) == []


async def a_page(pool: asyncpg.Pool, ref: PostRef) -> str:
    """A page that the post read."""
    key = page_key(LINK, "c1")
    base = f"crawl/{ref.tenant_id}/{ref.post_id}/{key}"
    read = Page(
        url=LINK, content_sha256="c" * 64, excerpt="текст", html_key=f"{base}.html", md_key=f"{base}.md"
    )
    await PageMemory(pool, timedelta(days=7)).keep(ref.tenant_id, key, read)
    return key


async def test_a_page_is_read_again_by_the_post_that_read_it_or_by_another_with_the_link(
    pool: asyncpg.Pool, objects: ObjectComparison, ref: PostRef
) -> None:
    other = a_ref(8, tenant=ref.tenant_id)
    for each in (ref, other):
        await an_indexed_post(pool, each, Stage.CRAWL)
    key = await a_page(pool, ref)

    readers = [await objects.readers(ref.tenant_id, [key])]
    for gone in (ref, other):
        await pool.execute("DELETE FROM posts WHERE id = $1", gone.post_id)
        readers.append(await objects.readers(ref.tenant_id, [key]))

    assert readers == [[ref.post_id], [other.post_id], []]


async def test_a_page_that_was_not_read_again_keeps_its_text_and_loses_its_objects(
    pool: asyncpg.Pool, objects: ObjectComparison, ref: PostRef
) -> None:
    await an_indexed_post(pool, ref, Stage.CRAWL)
    key = await a_page(pool, ref)
    memory = PageMemory(pool, timedelta(days=7))

    await objects.expire(ref.tenant_id, [key])
    wanted = not await memory.has(ref.tenant_id, key)
    await memory.keep(ref.tenant_id, key, Page(url=LINK, skipped="timeout"))
    await objects.forget_unread(ref.tenant_id, "", key)

    row = await pool.fetchrow(
        "SELECT excerpt, html_key, md_key FROM pages WHERE tenant_id = $1", ref.tenant_id
    )
    assert wanted
    assert tuple(row or ()) == ("текст", None, None)
    assert await objects.pages(ref.tenant_id, "", "", 10) == []


async def test_a_page_that_was_read_again_keeps_its_objects(
    pool: asyncpg.Pool, objects: ObjectComparison, ref: PostRef
) -> None:
    await an_indexed_post(pool, ref, Stage.CRAWL)
    key = await a_page(pool, ref)

    await objects.expire(ref.tenant_id, [key])
    await a_page(pool, ref)
    await objects.forget_unread(ref.tenant_id, "", key)

    (found,) = await objects.pages(ref.tenant_id, "", "", 10)
    assert [name.rpartition(".")[2] for name in found.keys] == ["html", "md"]


async def test_a_crawl_that_was_cleared_is_pending_for_its_pages(
    pool: asyncpg.Pool, comparison: Comparison, ref: PostRef
) -> None:
    await an_indexed_post(pool, ref, Stage.CRAWL)
    key = await a_page(pool, ref)

    before = await comparison.pending(Check.PAGES, ref.tenant_id, "", key)
    await comparison.clear(ref.tenant_id, [(ref.post_id, Stage.CRAWL)])

    assert before == []
    assert await comparison.pending(Check.PAGES, ref.tenant_id, "", key) == [ref.workflow_id]


async def test_of_several_looks_under_one_key_the_latest_is_what_its_object_held(
    pool: asyncpg.Pool, objects: ObjectComparison, ref: PostRef
) -> None:
    memory, seen = VisionMemory(pool), MediaSeen(sha256="a" * 64, features_hash="f")
    for version, moment in (("v2", LATER), ("v1", MOMENT)):
        look = some_facts(version, analyzed_at=moment)
        await memory.remember(ref.tenant_id, seen, version, look, "vision/a.json")

    (found,) = await objects.vision(ref.tenant_id, "", "", 10)
    facts = await objects.facts(ref.tenant_id, found.cursor, found.keys[0])

    assert found.keys == ("vision/a.json",)
    assert facts == some_facts("v2", analyzed_at=LATER)


async def test_an_object_is_missed_only_of_a_look_that_was_taken(
    pool: asyncpg.Pool, comparison: Comparison, objects: ObjectComparison, ref: PostRef
) -> None:
    await VisionMemory(pool).claim(ref.tenant_id, "a" * 64, "v1", timedelta(minutes=1), "vision/a.json")

    assert await objects.vision(ref.tenant_id, "", "", 10) == []
    assert await comparison.total(ref.tenant_id, datetime.now(UTC)) == 0


async def test_everything_that_is_compared_is_counted(
    pool: asyncpg.Pool, comparison: Comparison, ref: PostRef
) -> None:
    since = datetime.now(UTC) - timedelta(days=1)
    await an_indexed_post(pool, ref, Stage.VECTORS)
    await a_page(pool, ref)

    assert await comparison.total(ref.tenant_id, since) == 4
    assert await comparison.total(None, since) >= 4


async def test_tenants_are_gone_through_one_by_one(pool: asyncpg.Pool, comparison: Comparison) -> None:
    some = {(await a_known_ref(pool)).tenant_id for _ in range(3)}
    found, tenant = set[UUID](), await comparison.next_tenant(None)
    while tenant:
        found.add(tenant)
        tenant = await comparison.next_tenant(tenant)

    assert some <= found


async def test_an_archive_has_a_name_that_stays(pool: asyncpg.Pool) -> None:
    first, second = [await SentOutbox(pool).archive_id() for _ in range(2)]

    assert first == second
    with pytest.raises(asyncpg.UniqueViolationError):
        await pool.execute("INSERT INTO archive DEFAULT VALUES")


async def test_a_page_whose_first_reader_is_gone_is_pending_for_who_reads_it_now(
    pool: asyncpg.Pool, comparison: Comparison, objects: ObjectComparison, ref: PostRef
) -> None:
    other = a_ref(8, tenant=ref.tenant_id)
    for each in (ref, other):
        await an_indexed_post(pool, each, Stage.CRAWL)
    key = await a_page(pool, ref)
    await pool.execute("DELETE FROM posts WHERE id = $1", ref.post_id)

    (reader,) = await objects.readers(ref.tenant_id, [key])
    await comparison.clear(ref.tenant_id, [(reader, Stage.CRAWL)])

    assert await comparison.pending(Check.PAGES, ref.tenant_id, "", key) == [other.workflow_id]
