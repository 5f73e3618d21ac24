"""Putting together what is known of a post, and writing it where search finds it."""

from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from contracts.encoding import decode
from contracts.errors import UnavailableError
from contracts.material import Page
from contracts.post import Enriched, EnrichRequest, PostRef
from contracts.stages import Outcome, Stage
from domain import build
from domain.links import page_key
from tests.build import LONG, STANDARDS, a_commit, a_record, a_ref, a_request, a_timing, an_event
from tests.fake_world import World
from tests.fakes import FakeEmbedder

LINK = "https://example.org/a"


async def save(world: World, **values: Any) -> PostRef:
    ref = a_ref()
    await world.archive.save(ref, an_event(ref, **values), a_timing())
    return ref


async def enrich(
    env: ActivityEnvironment, world: World, ref: PostRef, skipped: str | None = None, open: str | None = None
) -> Enriched:
    state = await world.archive.state(ref, STANDARDS)
    request = EnrichRequest(state=state, crawl_skipped=skipped, crawl_open=open)
    return await env.run(world.enriching.enrich_post, request)


async def test_a_text_is_enriched_and_told_once(env: ActivityEnvironment, world: World) -> None:
    ref = await save(world, text=LONG)

    first, again = [await enrich(env, world, ref) for _ in range(2)]

    (event,) = [decode(event.fields) for event in world.archive.committed()]
    assert [record.output for record in first.records] == [record.output for record in again.records]
    assert [record.stage for record in first.records] == [Stage.ENRICH]
    assert (event["text"], event["skipped"], event["original_word_count"]) == (LONG, False, len(LONG.split()))


async def test_a_post_that_says_nothing_is_skipped_and_told(env: ActivityEnvironment, world: World) -> None:
    enriched = await enrich(env, world, await save(world, text=""))

    (event,) = [decode(event.fields) for event in world.archive.committed()]
    assert enriched.records[-1].outcome is Outcome.SKIPPED
    assert (event["skipped"], event["skip_reason"]) == (True, "nothing_to_index")


async def test_pages_that_were_read_are_counted_and_settle_the_crawl(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await save(world, text=LONG, urls=(LINK,))
    page = Page(url=LINK, final_url=f"{LINK}/", excerpt="текст", word_count=7, latency_ms=3)
    await world.pages.keep(ref.tenant_id, page_key(LINK, "c1"), page)

    enriched = await enrich(env, world, ref)

    event = decode(world.archive.committed()[0].fields)
    assert [(r.stage, r.outcome) for r in enriched.records] == [
        (Stage.CRAWL, Outcome.DONE), (Stage.ENRICH, Outcome.DONE),
    ]  # fmt: skip
    assert (event["source_urls"], event["crawl_success"]) == ([f"{LINK}/"], True)
    assert event["word_count"] == len(LONG.split()) + 7


@pytest.mark.parametrize(("planned", "page", "reason"), [
    ("no_trigger", None, "no_trigger"), (None, Page(url=LINK, skipped="timeout"), "timeout"), (None, None, "no_links"),
])  # fmt: skip
async def test_a_crawl_without_pages_says_why(
    env: ActivityEnvironment, world: World, planned: str | None, page: Page | None, reason: str
) -> None:
    ref = await save(world, text=LONG, urls=(LINK,))
    if page:
        await world.pages.keep(ref.tenant_id, page_key(LINK, "c1"), page)

    crawl, _ = (await enrich(env, world, ref, planned)).records

    assert (crawl.outcome, crawl.reason) == (Outcome.SKIPPED, reason)


async def test_pages_that_another_post_read_do_not_speak_where_links_are_not_read(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await save(world, text=LONG, urls=(LINK,))
    page = Page(url=LINK, excerpt="чужой текст", word_count=2)
    await world.pages.keep(ref.tenant_id, page_key(LINK, "c1"), page)

    await enrich(env, world, ref, "no_trigger")
    await env.run(world.indexing.index_vectors, a_request(Stage.VECTORS))

    event = decode(world.archive.committed()[0].fields)
    assert (event["source_urls"], event["enrichment_data"]["crawl_results"]) == ([], [])
    assert world.embedder.texts == [LONG]


async def test_pages_that_wait_leave_the_crawl_stale_and_the_post_enriched(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await save(world, text=LONG, urls=(LINK,))

    await enrich(env, world, ref, open="deferred")

    state = await world.archive.state(ref, STANDARDS)
    assert (state.records[Stage.CRAWL].outcome, state.records[Stage.CRAWL].reason) == (
        Outcome.SKIPPED,
        "deferred",
    )
    assert build.is_stale(state, Stage.CRAWL)
    assert build.is_fresh(state, Stage.ENRICH)


async def test_pages_that_still_wait_change_nothing_and_tell_nothing(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await save(world, text=LONG, urls=(LINK,))
    await enrich(env, world, ref, open="deferred")
    runs, told = list(world.archive.rows[ref.post_id].runs), world.archive.committed()

    again = await enrich(env, world, ref, open="deferred")

    assert (world.archive.rows[ref.post_id].runs, world.archive.committed()) == (runs, told)
    assert [record.runs for record in again.records] == [1, 1]


async def test_a_page_that_waited_is_another_version_when_it_was_read(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await save(world, text=LONG, urls=(LINK,))
    await enrich(env, world, ref, open="deferred")
    page = Page(url=LINK, final_url=LINK, excerpt="текст", word_count=7, content_sha256="a" * 64)
    await world.pages.keep(ref.tenant_id, page_key(LINK, "c1"), page)

    crawl, _ = (await enrich(env, world, ref)).records

    before, after = [decode(event.fields) for event in world.archive.committed()]
    assert (crawl.outcome, crawl.reason) == (Outcome.DONE, None)
    assert build.is_fresh(await world.archive.state(ref, STANDARDS), Stage.CRAWL)
    assert (before["source_urls"], after["source_urls"]) == ([], [LINK])
    assert before["idempotency_key"] != after["idempotency_key"]


async def test_a_page_that_waited_and_is_then_skipped_settles_the_crawl(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await save(world, text=LONG, urls=(LINK,))
    await enrich(env, world, ref, open="deferred")
    await world.pages.keep(ref.tenant_id, page_key(LINK, "c1"), Page(url=LINK, skipped="not_found"))

    crawl, _ = (await enrich(env, world, ref)).records

    assert (crawl.outcome, crawl.reason) == (Outcome.SKIPPED, "not_found")
    assert build.is_fresh(await world.archive.state(ref, STANDARDS), Stage.CRAWL)


async def test_a_point_is_written_once_for_a_fingerprint(env: ActivityEnvironment, world: World) -> None:
    ref = await save(world)

    first, again = [await env.run(world.indexing.index_vectors, a_request(Stage.VECTORS)) for _ in range(2)]

    assert (first.fingerprint, first.output) == (again.fingerprint, again.output)
    assert world.vectors.writes == 1
    assert world.vectors.points[ref.tenant_id, ref.post_id].payload["text_short"] == LONG


async def test_another_fingerprint_writes_the_point_again(env: ActivityEnvironment, world: World) -> None:
    await save(world)
    await env.run(world.indexing.index_vectors, a_request(Stage.VECTORS))

    await env.run(world.indexing.index_vectors, a_request(Stage.VECTORS, fingerprint="f2"))

    assert world.vectors.writes == 2
    assert len(world.vectors.points) == 1


async def test_a_write_that_fails_leaves_no_record(env: ActivityEnvironment, world: World) -> None:
    ref = await save(world)
    world.vectors.weather.coming = [UnavailableError("away")]

    with pytest.raises(UnavailableError):
        await env.run(world.indexing.index_vectors, a_request(Stage.VECTORS))

    assert Stage.VECTORS not in world.archive.rows[ref.post_id].records


async def test_the_graph_is_written_once_for_a_fingerprint(env: ActivityEnvironment, world: World) -> None:
    ref = await save(world)
    await env.run(world.indexing.link_graph, a_request(Stage.GRAPH))
    world.graph.posts.clear()

    await env.run(world.indexing.link_graph, a_request(Stage.GRAPH))

    assert ref.post_id not in world.graph.posts


@pytest.fixture
def former(world: World) -> FakeEmbedder:
    """An embedder that filled what search reads, before another one was wanted."""
    former = FakeEmbedder(size=8)
    world.embedders.former.append(former)
    world.vectors.searched = former.identity
    return former


async def test_while_another_collection_is_searched_a_post_is_put_into_both(
    env: ActivityEnvironment, world: World, former: FakeEmbedder
) -> None:
    ref = await save(world)

    await env.run(world.indexing.index_vectors, a_request(Stage.VECTORS))

    [new], [beside] = world.vectors.points.values(), world.vectors.beside.values()
    assert (new.post_id, len(new.vector)) == (ref.post_id, 4)
    assert (beside.post_id, len(beside.vector)) == (ref.post_id, 8)
    assert new.payload == beside.payload
    assert world.archive.rows[ref.post_id].results[Stage.VECTORS]["dim"] == 4


async def test_a_post_that_the_former_embedder_indexed_as_it_is_is_not_embedded_twice(
    env: ActivityEnvironment, world: World, former: FakeEmbedder
) -> None:
    ref = await save(world)
    enriched = (await enrich(env, world, ref)).records[-1]
    put = build.vectors_fingerprint(former.identity.stage_version, enriched.output)
    await world.archive.commit(a_commit(ref, Stage.VECTORS, record=a_record(Stage.VECTORS, put)))

    await env.run(world.indexing.index_vectors, a_request(Stage.VECTORS))

    assert (len(world.vectors.points), former.texts) == (1, [])


async def test_a_former_embedder_that_is_gone_keeps_no_post_from_being_indexed(
    env: ActivityEnvironment, world: World, former: FakeEmbedder
) -> None:
    await save(world)
    world.embedders.former.clear()

    await env.run(world.indexing.index_vectors, a_request(Stage.VECTORS))

    assert (len(world.vectors.points), len(world.vectors.beside)) == (1, 0)


async def test_a_collection_that_cannot_be_written_beside_leaves_no_record(
    env: ActivityEnvironment, world: World, former: FakeEmbedder
) -> None:
    ref = await save(world)
    world.vectors.weather.coming = [UnavailableError("away")]

    with pytest.raises(UnavailableError):
        await env.run(world.indexing.index_vectors, a_request(Stage.VECTORS))

    assert (Stage.VECTORS in world.archive.rows[ref.post_id].records, world.vectors.points) == (False, {})
