"""What stages leave in a real database: merged findings, one record, events once, all or nothing."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from adapters.postgres.explaining import Records
from adapters.postgres.outbox import Outbox
from adapters.postgres.posts import PostArchive
from adapters.postgres.stages import StageStore
from adapters.postgres.vision import VisionMemory
from contracts.commit import Finding, StageCommit
from contracts.errors import PipelineError
from contracts.outgoing import Outgoing
from contracts.post import MediaSeen, PostRef
from contracts.stages import Stage
from contracts.vision import Recalled
from tests.adapters.saved import a_known_ref, save
from tests.build import STANDARDS, TENANT, a_commit, a_record, a_ref, a_tenant, some_facts

pytestmark = pytest.mark.services


@pytest.fixture
def stages(pool: asyncpg.Pool) -> StageStore:
    return StageStore(pool)


@pytest.fixture
async def post(archive: PostArchive, ref: PostRef) -> PostRef:
    """A post that is in the archive."""
    await save(archive, ref)
    return ref


def an_outgoing(key: str) -> Outgoing:
    return Outgoing(
        stream="stream:posts:tagged",
        idempotency_key=key,
        fields={"data": "{}"},
        trace_id="0" * 32,
        event_type="x",
    )


def tags(**data: Any) -> Finding:
    return Finding(kind="tags", provider="fake", data=data)


async def finding(pool: asyncpg.Pool, post: PostRef, kind: str) -> Any:
    return await pool.fetchval(
        "SELECT data FROM post_enrichment WHERE post_id = $1 AND kind = $2", post.post_id, kind
    )


async def test_a_finding_is_merged_key_by_key(stages: StageStore, post: PostRef, pool: asyncpg.Pool) -> None:
    await stages.commit(a_commit(post, finding=tags(tags=["а"], by_another=1)))

    await stages.commit(a_commit(post, finding=tags(tags=["б"])))

    assert await finding(pool, post, "tags") == {"tags": ["б"], "by_another": 1}


async def test_kinds_do_not_touch_each_other(stages: StageStore, post: PostRef, pool: asyncpg.Pool) -> None:
    crawl = Finding(kind="crawl", provider="web", data={"url": "x"})
    await stages.commit(a_commit(post, finding=tags(tags=["а"])))

    await stages.commit(a_commit(post, Stage.CRAWL, finding=crawl))

    assert await finding(pool, post, "tags") == {"tags": ["а"]}


async def test_what_was_flagged_is_told_of_the_post_by_its_places(
    stages: StageStore, post: PostRef, pool: asyncpg.Pool
) -> None:
    text, page = {"text": ["role"]}, {"page": ["call", "leak"]}
    crawl = Finding(kind="crawl", provider="web", data={"metadata": {"injections": page}})
    await stages.commit(
        a_commit(post, finding=tags(metadata={"model": "m", "injections": text})),
        a_commit(post, Stage.CRAWL, finding=crawl),
    )

    told = await Records(pool).post(post.post_id)
    await stages.commit(a_commit(post, finding=tags(metadata={"model": "m"})))
    later = await Records(pool).post(post.post_id)

    assert told and told["post"]["injections"] == {**text, **page}
    assert later and later["post"]["injections"] == page


async def test_a_stage_has_one_record_which_is_the_latest(
    stages: StageStore, post: PostRef, archive: PostArchive
) -> None:
    for fingerprint in ("f1", "f2"):
        await stages.commit(a_commit(post, record=a_record(Stage.TAGS, fingerprint)))

    records = (await archive.state(post, STANDARDS)).records

    assert {stage: record.fingerprint.strip() for stage, record in records.items()} == {Stage.TAGS: "f2"}


async def test_several_stages_are_committed_together(
    stages: StageStore, post: PostRef, archive: PostArchive
) -> None:
    await stages.commit(a_commit(post, Stage.CRAWL), a_commit(post, Stage.ENRICH))

    assert set((await archive.state(post, STANDARDS)).records) == {Stage.CRAWL, Stage.ENRICH}


async def test_an_event_is_kept_once_and_as_it_was_first(
    stages: StageStore, post: PostRef, pool: asyncpg.Pool
) -> None:
    key = f"{post.post_id}:once"
    for _ in range(2):
        await stages.commit(a_commit(post, events=(an_outgoing(key),)))

    assert [row.event.idempotency_key for row in await Outbox(pool).unsent(str(post.post_id))] == [key]


async def test_a_commit_that_fails_leaves_nothing(
    stages: StageStore, post: PostRef, pool: asyncpg.Pool
) -> None:
    broken: StageCommit = a_commit(
        post, finding=Finding(kind="no such kind", provider="x", data={}), events=(an_outgoing("lost"),)
    )

    with pytest.raises(PipelineError):
        await stages.commit(broken)

    assert (
        await pool.fetchval(
            "SELECT count(*) FROM post_stages WHERE post_id = $1 AND stage = 'tags'", post.post_id
        )
        == 0
    )
    assert await Outbox(pool).unsent(str(post.post_id)) == []


async def test_a_commit_for_nobody_is_refused(stages: StageStore, pool: asyncpg.Pool) -> None:
    with pytest.raises(PipelineError):
        await stages.commit(a_commit(a_ref(tenant=a_tenant())))


async def test_what_was_sent_is_not_unsent_and_the_rest_stays_in_order(
    stages: StageStore, post: PostRef, pool: asyncpg.Pool
) -> None:
    outbox, aggregate = Outbox(pool), str(post.post_id)
    keys = [f"{aggregate}:{number}" for number in range(3)]
    await stages.commit(a_commit(post, events=tuple(map(an_outgoing, keys))))

    await outbox.sent([(await outbox.unsent(aggregate))[0].id], ["1-0"])

    assert [row.event.idempotency_key for row in await outbox.unsent(aggregate)] == keys[1:]


async def test_a_concluded_post_opens_again_when_a_stage_ran(
    stages: StageStore, post: PostRef, archive: PostArchive
) -> None:
    await stages.conclude(post, [an_outgoing(f"{post.post_id}:indexed")], "indexed")
    concluded = (await archive.state(post, STANDARDS)).concluded

    await stages.commit(a_commit(post, status="tagged"))

    assert (concluded, (await archive.state(post, STANDARDS)).concluded) == (True, False)


async def test_two_posts_have_their_own_events(
    stages: StageStore, pool: asyncpg.Pool, archive: PostArchive
) -> None:
    one, other = await a_known_ref(pool), await a_known_ref(pool)
    for post in (one, other):
        await save(archive, post)
        await stages.commit(a_commit(post, events=(an_outgoing(f"{post.post_id}:x"),)))

    assert len(await Outbox(pool).unsent(str(one.post_id))) == 1


HOUR = timedelta(hours=1)


async def test_one_of_many_may_look_and_the_others_wait(pool: asyncpg.Pool) -> None:
    memory, sha = VisionMemory(pool), "a" * 64

    mine, *others = [await memory.claim(TENANT, sha, "v1", HOUR, "key") for _ in range(3)]
    assert mine is not None
    await memory.release(TENANT, sha, "v1", mine)

    assert others == [None, None]
    assert await memory.claim(TENANT, sha, "v1", HOUR, "key")


async def test_a_claim_whose_holder_died_runs_out(pool: asyncpg.Pool) -> None:
    memory, sha = VisionMemory(pool), "b" * 64
    await memory.claim(TENANT, sha, "v1", -HOUR, "key")

    assert await memory.claim(TENANT, sha, "v1", HOUR, "key")


async def test_who_comes_late_does_not_give_back_the_claim_of_another(pool: asyncpg.Pool) -> None:
    """Who slept past the end of its claim is cancelled while somebody else looks."""
    memory, sha = VisionMemory(pool), "9" * 64
    late = await memory.claim(TENANT, sha, "v1", -HOUR, "key")
    assert late is not None
    await memory.claim(TENANT, sha, "v1", HOUR, "key")

    await memory.release(TENANT, sha, "v1", late)

    assert await memory.claim(TENANT, sha, "v1", HOUR, "key") is None


@pytest.mark.parametrize("seen", [
    MediaSeen(sha256="c" * 64, features_hash="f" * 64), MediaSeen(sha256="d" * 64, skipped="broken_image"),
])  # fmt: skip
async def test_what_was_seen_is_remembered_for_its_tenant_and_version(
    pool: asyncpg.Pool, seen: MediaSeen
) -> None:
    memory = VisionMemory(pool)
    await memory.claim(TENANT, seen.sha256, "v1", HOUR, "key")

    await memory.remember(TENANT, seen, "v1", None if seen.skipped else some_facts("афиша"), "key")

    known = await memory.recall(TENANT, seen.sha256, "v1")
    assert known and known.seen == seen
    assert await memory.recall(TENANT, seen.sha256, "v2") is None
    assert await memory.recall(a_tenant(), seen.sha256, "v1") is None
    assert not await memory.claim(TENANT, seen.sha256, "v1", HOUR, "key")


async def test_facts_say_that_their_object_is_not_written_until_it_is(pool: asyncpg.Pool) -> None:
    memory, tenant = VisionMemory(pool), a_tenant()
    seen, facts = MediaSeen(sha256="e" * 64, features_hash="f" * 64), some_facts("афиша")
    until = await memory.claim(tenant, seen.sha256, "v1", HOUR, "key")
    assert until
    await memory.remember(tenant, seen, "v1", facts, "key")
    await memory.release(tenant, seen.sha256, "v1", until)

    before = await memory.recall(tenant, seen.sha256, "v1")
    is_claimed = not await memory.claim(tenant, seen.sha256, "v1", HOUR, "key")
    await memory.written(tenant, seen.sha256, "v1")

    assert (before, is_claimed) == (Recalled(seen=seen, unwritten=facts), True)
    assert await memory.recall(tenant, seen.sha256, "v1") == Recalled(seen=seen)
    assert await memory.known(tenant, [seen.sha256], ["v1"])


@pytest.mark.parametrize(("skipped", "key"), [("broken_image", None), (None, None)])
async def test_what_has_no_object_waits_for_none(
    pool: asyncpg.Pool, skipped: str | None, key: str | None
) -> None:
    memory, tenant = VisionMemory(pool), a_tenant()
    seen = MediaSeen(sha256="e" * 64, features_hash="" if skipped else "f" * 64, skipped=skipped)

    await memory.remember(tenant, seen, "v1", None if skipped else some_facts(), key)

    assert await memory.recall(tenant, seen.sha256, "v1") == Recalled(seen=seen)
