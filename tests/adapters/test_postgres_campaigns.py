"""Which posts a campaign finds in a real database, page by page."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from adapters.postgres.campaigns import CampaignPosts
from adapters.postgres.door import Directory
from adapters.postgres.posts import PostArchive
from adapters.postgres.stages import StageStore
from contracts import identity
from contracts.campaign import Candidate, Selection
from contracts.commit import Finding
from contracts.post import PostRef
from contracts.stages import Outcome, Stage
from tests.adapters.saved import a_known_ref, save
from tests.build import LONG, MOMENT, SHORT, STANDARDS, a_commit, a_record, a_tenant

pytestmark = pytest.mark.services

LATER = MOMENT + timedelta(days=36500)


class Shelf:
    """A tenant's posts, and what campaigns find of them."""

    def __init__(self, pool: asyncpg.Pool, tenant: UUID) -> None:
        self.pool, self.tenant = pool, tenant
        self.archive, self.stages, self.posts = PostArchive(pool, "c1"), StageStore(pool), CampaignPosts(pool)

    async def add(self, number: int, channel: int = -1001234567890, **values: Any) -> PostRef:
        """Save a post; its channel is made when it is new."""
        channel_id = identity.channel_id(self.tenant, channel)
        await Directory(self.pool).add_channel(self.tenant, channel_id, channel, None, None)
        ref = PostRef(
            tenant_id=self.tenant, channel_id=channel_id, tg_channel_id=channel, message_id=number,
            post_id=identity.post_id(self.tenant, channel, number), trace_id=identity.trace_id(self.tenant, number),
        )  # fmt: skip
        await save(self.archive, ref, **values)
        return ref

    async def tag(self, ref: PostRef, *tags: str) -> None:
        record = a_record(Stage.TAGS, outcome=Outcome.DONE if tags else Outcome.SKIPPED)
        found = Finding(kind="tags", provider="fake", data={"tags": list(tags)})
        await self.stages.commit(a_commit(ref, record=record, finding=found, status="tagged"))

    async def conclude(self, ref: PostRef) -> None:
        await self.stages.conclude(ref, [], "indexed")

    async def found(self, size: int = 100, **values: Any) -> list[Candidate]:
        """Everything that a selection finds, read in pages of ``size``."""
        found: list[Candidate] = []
        until, after = values.pop("until", LATER), None
        selection = Selection.model_validate({"tenant_id": self.tenant, **values})
        while page := await self.posts.page(selection, until, after, size):
            found += page
            after = page[-1].cursor
        return found

    async def ids(self, **values: Any) -> list[int]:
        return [post.message_id for post in await self.found(**values)]


@pytest.fixture
async def shelf(pool: asyncpg.Pool) -> Shelf:
    tenant = a_tenant()
    await Directory(pool).add_tenant(tenant, str(tenant))
    return Shelf(pool, tenant)


@pytest.mark.parametrize("size", [1, 3, 7, 100])
async def test_pages_have_no_gaps_and_no_repetitions(shelf: Shelf, size: int) -> None:
    refs = [await shelf.add(number, channel) for channel in (-1001, -1002) for number in (3, 1, 2, 10)]

    found = await shelf.found(size=size)

    order = sorted((ref.channel_id, ref.message_id) for ref in refs)
    assert [(post.channel_id, post.message_id) for post in found] == order


async def test_another_tenants_posts_are_not_found(shelf: Shelf, pool: asyncpg.Pool) -> None:
    await save(shelf.archive, await a_known_ref(pool))

    assert await shelf.ids() == []


async def test_a_channel_a_tag_and_a_day_narrow_it(shelf: Shelf) -> None:
    one = await shelf.add(1, -1001)
    await shelf.tag(await shelf.add(2, -1002), "мост", "река")
    await shelf.add(3, -1002, posted_at=MOMENT + timedelta(days=2))

    assert await shelf.ids(channel_id=one.channel_id) == [1]
    assert await shelf.ids(tag="река") == [2]
    assert await shelf.ids(tag="рек") == []
    assert await shelf.ids(since=MOMENT + timedelta(days=1)) == [3]


async def test_what_is_saved_later_is_none_of_its_posts(shelf: Shelf, pool: asyncpg.Pool) -> None:
    await shelf.add(1)
    began = await pool.fetchval("SELECT clock_timestamp()")
    await shelf.add(2)

    assert await shelf.ids(until=began) == [1]


async def test_failed_means_no_tags_or_failed_and_what_is_unfinished_is_not_sure(
    shelf: Shelf,
) -> None:
    fine, skipped, never, failed, unfinished = [await shelf.add(number) for number in range(1, 6)]
    await shelf.tag(fine, "мост")
    await shelf.conclude(fine)
    await shelf.tag(skipped)
    await shelf.conclude(skipped)
    await shelf.conclude(never)
    await shelf.tag(failed, "мост")
    await shelf.archive.mark_failed(failed, "given up")
    await shelf.tag(unfinished, "мост")

    found = await shelf.found(failed_only=True)

    assert {post.message_id: post.sure for post in found} == {2: True, 3: True, 4: True, 5: False}
    assert all(post.sure for post in await shelf.found())


async def test_unfinished_is_what_the_archive_does_not_hold_for_concluded(shelf: Shelf) -> None:
    done, cleared = await shelf.add(1), await shelf.add(2)
    for ref in (done, cleared):
        await shelf.conclude(ref)
    await shelf.pool.execute("UPDATE posts SET is_processed = false WHERE id = $1", cleared.post_id)

    assert await shelf.ids(kind="unfinished") == [2]


async def test_text_and_files_are_known(shelf: Shelf) -> None:
    await shelf.add(1, text=LONG)
    ref = await shelf.add(2, text=SHORT)
    sha = "a" * 64
    await shelf.pool.execute(
        "INSERT INTO media_objects (tenant_id, file_sha256, mime, size_bytes) VALUES ($1, $2, 'image/png', 1)",
        shelf.tenant, sha,
    )  # fmt: skip
    await shelf.pool.execute(
        "INSERT INTO post_media_map (post_id, tenant_id, file_sha256) VALUES ($1, $2, $3)",
        ref.post_id, shelf.tenant, sha,
    )  # fmt: skip

    found = await shelf.found()

    assert [(post.text_length, post.has_file) for post in found] == [(len(LONG), False), (len(SHORT), True)]


async def test_refs_are_those_that_were_saved_and_the_rest_is_left_out(shelf: Shelf) -> None:
    ref = await shelf.add(1)

    assert await shelf.posts.refs(shelf.tenant, [ref.post_id, a_tenant()]) == {ref.post_id: ref}
    assert await shelf.posts.refs(a_tenant(), [ref.post_id]) == {}
    assert await shelf.posts.refs(shelf.tenant, []) == {}


async def test_many_states_are_what_each_post_would_read_of_itself(shelf: Shelf) -> None:
    refs = [await shelf.add(number) for number in (1, 2)]
    await shelf.tag(refs[0], "мост")

    states = await shelf.posts.states(shelf.tenant, [ref.post_id for ref in refs], STANDARDS)

    assert states == {ref.post_id: await shelf.archive.state(ref, STANDARDS) for ref in refs}
    assert states[refs[0].post_id].records[Stage.TAGS].runs == 1
