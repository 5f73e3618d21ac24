"""Pictures in a real database: how they are treated, which look counts for a post, and what operators are told."""

from typing import Any

import asyncpg
import pytest

from adapters.postgres.albums import AlbumArchive
from adapters.postgres.door import Directory
from adapters.postgres.explaining import Records
from adapters.postgres.posts import PostArchive
from adapters.postgres.reporting import Reports
from adapters.postgres.stages import StageStore
from adapters.postgres.vision import VisionMemory
from contracts.identity import digest
from contracts.post import MediaSeen, PostRef
from contracts.stages import Outcome, Stage
from contracts.treatment import Treatment
from contracts.vision import PictureFacts
from domain.policy import Policies
from domain.standards import Standards
from tests.adapters.saved import a_known_ref, save
from tests.build import (
    CHANNEL,
    LONG,
    VERSIONS,
    a_commit,
    a_record,
    a_ref,
    an_album_event,
    an_album_ref,
    some_facts,
)

pytestmark = pytest.mark.services

ATTACH = """
WITH kept AS (
    INSERT INTO media_objects (tenant_id, file_sha256, mime, size_bytes, s3_key) VALUES ($1, $2, $3, 10, $5)
    ON CONFLICT DO NOTHING
)
INSERT INTO post_media_map (post_id, tenant_id, file_sha256, position) VALUES ($4, $1, $2, $6)
"""
SHA = digest("bytes")


@pytest.fixture
async def post(archive: PostArchive, ref: PostRef, pool: asyncpg.Pool) -> PostRef:
    """A post with a picture."""
    return await posted(archive, pool, ref)


async def posted(archive: PostArchive, pool: asyncpg.Pool, ref: PostRef, **values: Any) -> PostRef:
    await save(archive, ref, **values)
    await attach(pool, ref)
    return ref


async def attach(
    pool: asyncpg.Pool, ref: PostRef, sha: str = SHA, mime: str = "image/png", position: int = 0
) -> None:
    await pool.execute(ATTACH, ref.tenant_id, sha, mime, ref.post_id, f"media/{sha}", position)


async def look(pool: asyncpg.Pool, ref: PostRef, version: str, seen: str, sha: str = SHA) -> PictureFacts:
    facts = some_facts(seen, model=version)
    known = MediaSeen(sha256=sha, features_hash=digest(seen))
    await VisionMemory(pool).remember(ref.tenant_id, known, version, facts, f"vision/{version}.json")
    return facts


async def settle(pool: asyncpg.Pool, ref: PostRef, **files: Any) -> None:
    record = a_record(Stage.VISION, outcome=Outcome.DONE)
    result = {"files": {SHA: files}} if files else {"pictures": 1}
    await StageStore(pool).commit(a_commit(ref, Stage.VISION, record=record, result=result))


def ruled(ocr: str = "", **when: Any) -> Standards:
    rule = {"name": "r", "when": when, "then": "ocr" if ocr else "skip"}
    return Standards(VERSIONS, Policies.model_validate({"vision": {"rules": [rule]}}), ocr)


async def treatment(archive: PostArchive, ref: PostRef, standards: Standards) -> Treatment | None:
    [media] = (await archive.state(ref, standards)).media
    return media.treatment


@pytest.mark.parametrize(("when", "how"), [
    ({"channels": ["@town_news"]}, "skip"), ({"channels": ["Город"]}, "skip"), ({"channels": [CHANNEL]}, "skip"),
    ({"channels": ["@other"]}, "analyse"), ({"text_longer_than": len(LONG) - 1}, "skip"),
    ({"text_longer_than": len(LONG)}, "analyse"), ({"text_has_words": True}, "skip"),
])  # fmt: skip
async def test_a_state_says_how_pictures_are_treated_by_channel_and_text(
    archive: PostArchive, post: PostRef, pool: asyncpg.Pool, when: dict[str, Any], how: str
) -> None:
    await Directory(pool).add_channel(post.tenant_id, post.channel_id, CHANNEL, "Город", "town_news")

    found = await treatment(archive, post, ruled(**when))

    assert found is not None
    assert found.how == how


async def test_a_tenant_is_meant_by_its_id(archive: PostArchive, post: PostRef) -> None:
    mine, other = ruled(tenants=[str(post.tenant_id)]), ruled(tenants=["tests"])

    found = [await treatment(archive, post, standards) for standards in (mine, other)]

    assert [one.how for one in found if one] == ["skip", "analyse"]


async def test_nothing_was_seen_before_the_posts_own_stage_says_so(
    archive: PostArchive, post: PostRef, pool: asyncpg.Pool
) -> None:
    await look(pool, post, "v1", "афиша")
    [before] = (await archive.material(post, "v1")).pictures

    await settle(pool, post, how="analyse", version="v1")

    [after] = (await archive.material(post, "v1")).pictures
    assert (before.facts, after.facts and after.facts.model) == (None, "v1")


@pytest.mark.parametrize(("files", "seen", "skipped"), [
    ({"how": "analyse", "version": "v1"}, "v1", None), ({"how": "ocr", "version": "ocr1"}, "ocr1", None),
    ({"how": "skip", "reason": "channel_skipped"}, None, "channel_skipped"),
    ({"how": "skip", "version": "v1", "reason": "broken_picture"}, "v1", "broken_picture"), ({}, "v1", None),
], ids=["analysed", "read", "left out", "refused", "a record of before"])  # fmt: skip
async def test_a_post_has_what_its_own_stage_has_recorded(
    archive: PostArchive, post: PostRef, pool: asyncpg.Pool, files: dict[str, Any], seen: str, skipped: str
) -> None:
    for version in ("v1", "ocr1"):
        await look(pool, post, version, f"слова {version}")

    await settle(pool, post, **files)

    [picture] = (await archive.material(post, "v1")).pictures
    assert (picture.facts and picture.facts.model, picture.skipped) == (seen, skipped)


async def test_a_picture_that_came_after_the_record_is_not_seen_yet(
    archive: PostArchive, post: PostRef, pool: asyncpg.Pool
) -> None:
    await settle(pool, post, how="analyse", version="v1")
    await attach(pool, post, digest("other"), position=1)
    for sha in (SHA, digest("other")):
        await look(pool, post, "v1", sha[:4], sha)

    pictures = (await archive.material(post, "v1")).pictures

    assert [bool(picture.facts) for picture in pictures] == [True, False]


async def test_looks_are_known_whole_by_file_and_version(post: PostRef, pool: asyncpg.Pool) -> None:
    memory, refused = VisionMemory(pool), MediaSeen(sha256=digest("x"), skipped="broken_picture")
    facts = await look(pool, post, "v1", "афиша")
    await memory.remember(post.tenant_id, refused, "ocr1", None, None)

    found = await memory.known(post.tenant_id, [SHA, digest("x"), digest("y")], ["v1", "ocr1"])

    assert {sha: set(looks) for sha, looks in found.items()} == {SHA: {"v1"}, digest("x"): {"ocr1"}}
    assert (found[SHA]["v1"].facts, found[SHA]["v1"].features_hash) == (facts, digest("афиша"))
    assert found[digest("x")]["ocr1"].skipped == "broken_picture"
    assert await memory.known((await a_known_ref(pool)).tenant_id, [SHA], ["v1"]) == {}


@pytest.mark.parametrize(("standards", "seen", "skipped"), [
    (ruled(tenants=["nobody"]), "v1", None), (ruled("ocr1", text_shorter_than=1), "v1", None),
    (ruled(channels=[CHANNEL]), None, "channel_skipped"),
])  # fmt: skip
async def test_items_of_an_album_are_treated_as_their_posts_are(
    archive: PostArchive, ref: PostRef, pool: asyncpg.Pool, standards: Standards, seen: str, skipped: str
) -> None:
    albums, album = AlbumArchive(pool), an_album_ref(tenant=ref.tenant_id)
    await posted(archive, pool, ref, text="", grouped_id=album.grouped_id)
    await albums.save(album, an_album_event(album, (ref,)))
    for version in ("v1", "ocr1"):
        await look(pool, ref, version, version)

    [item] = (await albums.state(album, standards)).items
    [material] = (await albums.material(album, standards)).items

    assert (item.seen, item.skipped) == (digest(seen) if seen else None, skipped)
    assert (material.facts.model if material.facts else None) == seen


async def test_an_item_that_is_only_to_be_read_is_read(
    archive: PostArchive, ref: PostRef, pool: asyncpg.Pool
) -> None:
    albums, album = AlbumArchive(pool), an_album_ref(tenant=ref.tenant_id)
    await posted(archive, pool, ref, grouped_id=album.grouped_id)
    await albums.save(album, an_album_event(album, (ref,)))
    standards = ruled("ocr1", channels=[CHANNEL])
    [before] = (await albums.state(album, standards)).items

    await look(pool, ref, "ocr1", "слова")

    [after] = (await albums.state(album, standards)).items
    assert (before.seen, before.skipped, after.seen) == (None, None, digest("слова"))
    assert before.media is not None and before.media.treatment is not None
    assert before.media.treatment.version == "ocr1"


async def test_operators_are_told_what_counts_for_this_post(
    archive: PostArchive, post: PostRef, pool: asyncpg.Pool
) -> None:
    other = await posted(archive, pool, a_ref(8, tenant=post.tenant_id))
    await look(pool, post, "v1", "афиша")
    await settle(pool, post, how="skip", reason="channel_skipped", rule="memes")
    await settle(pool, other, how="analyse", version="v1")

    told = [await Records(pool).post(ref.post_id) for ref in (post, other)]

    pictures = [facts["pictures"][0] for facts in told if facts]
    assert [(p["skipped"], p["rule"], p["description"]) for p in pictures] == [
        ("channel_skipped", "memes", None), (None, None, "фото: афиша"),
    ]  # fmt: skip


async def test_a_channel_is_reported_with_what_its_posts_left_out(
    archive: PostArchive, post: PostRef, pool: asyncpg.Pool
) -> None:
    await settle(pool, post, how="skip", reason="channel_skipped")

    report = await Reports(pool).channel(post.tenant_id, CHANNEL)

    assert report["pictures_skipped"] == {"channel_skipped": 1}
