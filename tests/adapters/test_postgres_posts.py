"""Posts in a real database: what a version of a post may change, and what it never may."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from adapters.postgres.pages import PageMemory
from adapters.postgres.pool import open_pool
from adapters.postgres.posts import PostArchive
from adapters.postgres.stages import StageStore
from contracts import identity
from contracts.errors import RejectedError
from contracts.material import Page
from contracts.post import PostRef
from contracts.stages import Outcome, Stage
from domain.links import page_key
from tests.adapters.saved import a_known_ref, save
from tests.build import CHANNEL, LONG, MOMENT, SHORT, STANDARDS, a_commit, a_record, a_ref

pytestmark = pytest.mark.services

OTHER_PAGES = """
INSERT INTO pages (tenant_id, page_key, url) SELECT $1, n::text, n::text FROM generate_series(1, 1000) AS n
"""
ELSEWHERE = -1009999999999
EDITED = MOMENT + timedelta(hours=1)


async def column(pool: asyncpg.Pool, ref: PostRef, name: str) -> Any:
    return await pool.fetchval(f"SELECT {name} FROM posts WHERE id = $1", ref.post_id)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"text": SHORT, "edited_at": EDITED}, SHORT),
        ({"text": SHORT}, SHORT),
        ({"text": "", "edited_at": EDITED}, LONG),
        ({"text": SHORT, "posted_at": MOMENT - timedelta(days=1)}, LONG),
    ],
    ids=["newer", "as old", "empty", "older"],
)
async def test_a_version_replaces_the_text_unless_it_is_older_or_empty(
    archive: PostArchive, ref: PostRef, values: dict[str, Any], text: str
) -> None:
    await save(archive, ref, text=LONG)

    await save(archive, ref, **values)

    assert (await archive.material(ref, "v1")).text == text


async def test_an_edit_that_was_overtaken_changes_nothing(archive: PostArchive, ref: PostRef) -> None:
    await save(archive, ref, text="вторая правка", edited_at=EDITED)

    await save(archive, ref, text="первая правка", edited_at=EDITED - timedelta(minutes=1))

    state = await archive.state(ref, STANDARDS)
    assert (await archive.material(ref, "v1")).text == "вторая правка"
    assert state.text_length == len("вторая правка")


async def test_counters_only_grow(archive: PostArchive, ref: PostRef, pool: asyncpg.Pool) -> None:
    await save(archive, ref, views_count=100, reactions_count=5, forwards_count=3)

    await save(archive, ref, views_count=90, reactions_count=8)

    assert [await column(pool, ref, f"{name}_count") for name in ("views", "reactions", "forwards")] == [
        100,
        8,
        3,
    ]


async def test_counters_make_nothing_stale(archive: PostArchive, ref: PostRef) -> None:
    await save(archive, ref)
    before = await archive.state(ref, STANDARDS)

    await save(archive, ref, views_count=100, reactions_count=5)

    assert await archive.state(ref, STANDARDS) == before


@pytest.mark.parametrize(("name", "value"), [
    ("post_author", {"author_name": "Анна"}), ("grouped_id", {"grouped_id": 555}),
    ("reply_to_message_id", {"reply_to_message_id": 3}), ("forward_from_name", {"forward_from_name": "Сосед"}),
    ("telegram_post_url", {"telegram_post_url": "https://t.me/x/7"}),
])  # fmt: skip
async def test_what_a_later_version_leaves_out_stays(
    archive: PostArchive, ref: PostRef, pool: asyncpg.Pool, name: str, value: dict[str, Any]
) -> None:
    await save(archive, ref, **value)

    await save(archive, ref, text=SHORT, edited_at=EDITED)

    assert await column(pool, ref, name) in value.values()


async def test_a_producers_own_id_is_an_alias_of_the_first(
    archive: PostArchive, ref: PostRef, pool: asyncpg.Pool
) -> None:
    strangers = [uuid4(), uuid4()]

    for stranger in strangers:
        await save(archive, ref, post_id=stranger)

    rows = await pool.fetch("SELECT alias FROM post_aliases WHERE post_id = $1", ref.post_id)
    assert {row["alias"] for row in rows} == set(strangers)
    assert await pool.fetchval("SELECT count(*) FROM posts WHERE tenant_id = $1", ref.tenant_id) == 1


async def test_the_same_message_of_two_tenants_is_two_posts(archive: PostArchive, pool: asyncpg.Pool) -> None:
    one, other = await a_known_ref(pool), await a_known_ref(pool)
    await save(archive, one, text="пост одного")
    await save(archive, other, text="пост другого")

    texts = [(await archive.material(ref, "v1")).text for ref in (one, other)]

    assert texts == ["пост одного", "пост другого"]
    assert one.post_id != other.post_id


async def test_a_forward_is_connected_within_its_tenant_only(
    archive: PostArchive, pool: asyncpg.Pool
) -> None:
    one, other = await a_known_ref(pool), await a_known_ref(pool)
    await save(archive, one)
    values = {"forward_from_chat_id": CHANNEL, "forward_from_message_id": one.message_id}
    forward = a_ref(8, tenant=one.tenant_id)
    foreign = a_ref(8, tenant=other.tenant_id)

    await save(archive, forward, **values)
    await save(archive, foreign, **values)

    assert (await archive.material(forward, "v1")).forward_post_id == one.post_id
    assert (await archive.material(foreign, "v1")).forward_post_id == a_ref(tenant=other.tenant_id).post_id


async def test_a_reply_to_another_chat_is_none_to_its_own(archive: PostArchive, ref: PostRef) -> None:
    answer = a_ref(8, tenant=ref.tenant_id)
    await save(archive, ref)

    await save(archive, answer, reply_to_chat_id=ELSEWHERE, reply_to_message_id=ref.message_id)

    expected = identity.post_id(ref.tenant_id, ELSEWHERE, ref.message_id)
    assert (await archive.material(answer, "v1")).reply_post_id == expected


async def test_a_reply_within_its_chat_finds_the_post_of_that_number(
    archive: PostArchive, ref: PostRef
) -> None:
    answer = a_ref(8, tenant=ref.tenant_id)
    await save(archive, ref)

    await save(archive, answer, reply_to_message_id=ref.message_id)

    assert (await archive.material(answer, "v1")).reply_post_id == ref.post_id


async def test_a_reply_knows_whom_it_answers_before_that_post_comes(
    archive: PostArchive, ref: PostRef
) -> None:
    await save(archive, ref, reply_to_message_id=3)

    material = await archive.material(ref, "v1")

    assert material.reply_post_id == identity.post_id(ref.tenant_id, CHANNEL, 3)
    assert material.forward_post_id is None


async def test_a_forward_knows_its_source_before_that_post_comes(archive: PostArchive, ref: PostRef) -> None:
    await save(archive, ref, forward_from_chat_id=ELSEWHERE, forward_from_message_id=3)

    material = await archive.material(ref, "v1")

    assert material.forward_post_id == identity.post_id(ref.tenant_id, ELSEWHERE, 3)
    assert material.reply_post_id is None


@pytest.mark.parametrize("number", [8, 9], ids=["reply", "forward"])
async def test_a_post_that_is_stored_under_another_id_is_met_under_that_id(
    archive: PostArchive, ref: PostRef, number: int
) -> None:
    known = ref.model_copy(update={"post_id": uuid4()})
    reply = {"reply_to_message_id": ref.message_id}
    forward = {"forward_from_chat_id": CHANNEL, "forward_from_message_id": ref.message_id}
    post = a_ref(number, tenant=ref.tenant_id)
    await save(archive, known)

    await save(archive, post, **(reply if number == 8 else forward))

    material = await archive.material(post, "v1")
    assert known.post_id in {material.reply_post_id, material.forward_post_id}


async def test_a_reply_that_turns_out_to_leave_its_chat_makes_its_relations_new(
    archive: PostArchive, ref: PostRef
) -> None:
    await save(archive, ref, reply_to_message_id=3)
    before = (await archive.state(ref, STANDARDS)).relations_hash

    await save(archive, ref, reply_to_message_id=3, reply_to_chat_id=ELSEWHERE)

    assert (await archive.state(ref, STANDARDS)).relations_hash != before


async def test_pages_come_in_the_order_of_the_links_however_the_database_reads_them(
    archive: PostArchive, ref: PostRef, pool: asyncpg.Pool, postgres_dsn: str
) -> None:
    links = tuple(f"https://example.org/{n}" for n in range(40, 0, -1))
    await save(archive, ref, urls=links)
    for link in sorted(links):
        await read(pool, ref, link)
    await pool.execute(OTHER_PAGES, ref.tenant_id)
    await pool.execute("ANALYZE pages")
    large = await open_pool(
        f"{postgres_dsn}?enable_nestloop=off", size=1
    )  # as the planner does with many pages

    pages = (await PostArchive(large, "c1").material(ref, "v1")).pages

    await large.close()
    assert tuple(page.url for page in pages) == links


@pytest.mark.parametrize(("reason", "pages"), [
    ("no_trigger", 0), ("no_links", 0), ("in_progress", 1), ("timeout", 1), (None, 1),
])  # fmt: skip
async def test_a_page_that_another_post_read_is_none_of_a_post_whose_links_are_not_read(
    archive: PostArchive, ref: PostRef, pool: asyncpg.Pool, reason: str | None, pages: int
) -> None:
    link = "https://example.org/a"
    await save(archive, ref, urls=(link,))
    await read(pool, ref, link)

    crawl = a_record(Stage.CRAWL, outcome=Outcome.SKIPPED if reason else Outcome.DONE, reason=reason)
    await StageStore(pool).commit(a_commit(ref, Stage.CRAWL, record=crawl))

    assert len((await archive.material(ref, "v1")).pages) == pages


async def read(pool: asyncpg.Pool, ref: PostRef, link: str) -> None:
    """Keep the page behind ``link``, as another post of the tenant would have read it."""
    page = Page(url=link, content_sha256=identity.digest(link), excerpt="текст")
    await PageMemory(pool, timedelta(days=1)).keep(ref.tenant_id, page_key(link, "c1"), page)


async def test_a_channel_of_another_tenant_takes_no_post(archive: PostArchive, pool: asyncpg.Pool) -> None:
    one, other = await a_known_ref(pool), await a_known_ref(pool)
    smuggled = one.model_copy(update={"channel_id": other.channel_id})

    with pytest.raises(RejectedError):
        await save(archive, smuggled)


async def test_text_that_no_store_accepts_is_stored_with_marks(archive: PostArchive, ref: PostRef) -> None:
    await save(archive, ref, text="а\x00б")

    assert (await archive.material(ref, "v1")).text == "а\N{REPLACEMENT CHARACTER}б"


async def test_an_unknown_post_is_rejected(archive: PostArchive, ref: PostRef) -> None:
    with pytest.raises(RejectedError):
        await archive.state(ref, STANDARDS)
    with pytest.raises(RejectedError):
        await archive.material(ref, "v1")


async def test_saving_records_its_stage_and_only_when_the_text_changed(
    archive: PostArchive, ref: PostRef, pool: asyncpg.Pool
) -> None:
    for text in (LONG, LONG, SHORT):
        await save(archive, ref, text=text)

    runs = "SELECT runs FROM post_stages WHERE post_id = $1 AND stage = $2"
    assert await pool.fetchval(runs, ref.post_id, Stage.PERSIST) == 2
