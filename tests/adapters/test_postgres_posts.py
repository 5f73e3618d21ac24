"""Posts in a real database: what a version of a post may change, and what it never may."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from adapters.postgres.posts import PostArchive
from contracts.errors import RejectedError
from contracts.post import PostRef
from contracts.stages import Stage
from tests.adapters.saved import a_known_ref, save
from tests.build import CHANNEL, LONG, MOMENT, SHORT, VERSIONS, a_ref

pytestmark = pytest.mark.services

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

    state = await archive.state(ref, VERSIONS)
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
    before = await archive.state(ref, VERSIONS)

    await save(archive, ref, views_count=100, reactions_count=5)

    assert await archive.state(ref, VERSIONS) == before


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
    assert (await archive.material(foreign, "v1")).forward_post_id is None


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
        await archive.state(ref, VERSIONS)
    with pytest.raises(RejectedError):
        await archive.material(ref, "v1")


async def test_saving_records_its_stage_and_only_when_the_text_changed(
    archive: PostArchive, ref: PostRef, pool: asyncpg.Pool
) -> None:
    for text in (LONG, LONG, SHORT):
        await save(archive, ref, text=text)

    runs = "SELECT runs FROM post_stages WHERE post_id = $1 AND stage = $2"
    assert await pool.fetchval(runs, ref.post_id, Stage.PERSIST) == 2
