"""The archive is compared with its stores part by part; what is repaired is repaired by the posts themselves."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError

from contracts.errors import RejectedError, UnavailableError
from contracts.post import PostRef
from contracts.reconciling import Kind, ReconcileOrder, ReconcileProgress, ReconcileResult
from contracts.stages import Stage
from tests.build import LONG, SHORT, a_channel_photo, a_post, an_album
from tests.workflows.town import Town, counted, until, within
from workflows.attributes import STAGE, STATE

pytestmark = pytest.mark.services

LINK = "https://example.org/a"


async def posts_of(town: Town, count: int, **values: Any) -> list[PostRef]:
    """Posts that are indexed."""
    refs = [town.ref(number) for number in range(1, count + 1)]
    await asyncio.gather(*(town.run(a_post(ref, **values)) for ref in refs))
    return refs


def counts(result: ReconcileResult) -> dict[Kind, tuple[int, int]]:
    """How many differ and how many were repaired, by kind."""
    return {each.kind: (each.count, each.repaired) for each in result.differences}


async def test_stores_that_have_everything_are_the_same(town: Town) -> None:
    await posts_of(town, 2)

    result = await town.reconcile()

    assert (result.state, result.differences) == ("same", ())
    assert result.looked > 2


async def test_what_is_missing_is_named_and_left_alone(town: Town) -> None:
    refs = await posts_of(town, 3)
    lost = refs[1].post_id
    del town.world.vectors.points[town.tenant, lost]
    del town.world.graph.posts[lost]

    result = await town.reconcile()

    assert result.state == "differs"
    assert counts(result) == {Kind.POINTS: (1, 0), Kind.NODES: (1, 0)}
    assert {example for each in result.differences for example in each.examples} == {str(lost)}
    assert (town.tenant, lost) not in town.world.vectors.points


async def test_missing_points_are_indexed_again_and_nothing_else_runs(town: Town) -> None:
    refs = await posts_of(town, 3)
    told = list(town.world.log.entries)
    before = {ref: list(town.runs(ref)) for ref in refs}
    for ref in refs[:2]:
        del town.world.vectors.points[town.tenant, ref.post_id]

    result = await town.reconcile(apply=True)

    assert (result.state, counts(result)) == ("repaired", {Kind.POINTS: (2, 2)})
    assert {id for _, id in town.world.vectors.points} == {ref.post_id for ref in refs}
    extra = {ref: Counter(town.runs(ref)) - Counter(before[ref]) for ref in refs}
    assert [extra[ref] for ref in refs] == [Counter([Stage.VECTORS]), Counter([Stage.VECTORS]), Counter()]
    assert list(town.world.log.entries) == told


async def test_what_cannot_be_repaired_now_is_counted_as_left(town: Town) -> None:
    (ref,) = await posts_of(town, 1)
    town.world.vectors.points.clear()
    town.world.embedder.weather.always = RejectedError("the model is gone")

    result = await town.reconcile(apply=True)

    assert (result.state, counts(result)) == ("differs", {Kind.POINTS: (1, 0)})
    town.world.embedder.weather.always = None
    await town.post(ref).signal("resolve", {"action": "retry"})
    await within(town.wait(town.post(ref)))
    assert (await town.reconcile()).state == "same"


async def test_more_than_a_window_is_repaired_window_by_window(town: Town) -> None:
    refs = await posts_of(town, 60, text=SHORT)
    town.world.vectors.points.clear()

    result = await town.reconcile(apply=True)

    assert counts(result) == {Kind.POINTS: (60, 60)}
    assert len(town.world.vectors.points) == len(refs)
    _, activities = await counted(town.client.get_workflow_handle(f"reconcile:{town.tenant}"))
    assert activities["await_repairs"] == 2


async def test_strays_are_removed(town: Town) -> None:
    (ref,) = await posts_of(town, 1)
    nobody = town.ref(99).post_id
    town.world.vectors.points[town.tenant, nobody] = town.world.vectors.points[town.tenant, ref.post_id]
    town.world.graph.posts[nobody] = town.world.graph.posts[ref.post_id]

    assert counts(await town.reconcile()) == {Kind.STRAY_POINTS: (1, 0), Kind.STRAY_NODES: (1, 0)}
    assert counts(await town.reconcile(apply=True)) == {Kind.STRAY_POINTS: (1, 1), Kind.STRAY_NODES: (1, 1)}

    assert set(town.world.graph.posts) == {ref.post_id}


async def test_an_album_without_node_or_summary_is_put_together_again_and_told_once(town: Town) -> None:
    refs = tuple(town.ref(n, grouped_id=town.album_ref().grouped_id) for n in (1, 2))
    for ref in refs:
        town.world.attach(ref, town.file(str(ref.message_id)), words="табличка")
        await town.run(a_post(ref, text=LONG if ref.message_id == 1 else ""))
    await town.run_album(an_album(town.album_ref(), refs))
    await within(town.wait(town.post(refs[0])))
    town.world.graph.albums.clear()
    town.world.objects.lost.update(key for key in town.world.objects.kept if key.startswith("album/"))

    result = await town.reconcile(apply=True)

    assert counts(result) == {Kind.ALBUM_NODES: (1, 1), Kind.SUMMARIES: (1, 1)}
    assert town.album_ref().grouped_id in town.world.graph.albums
    assert not town.world.objects.lost
    assert len(town.told_events("album:assembled")) == 1


async def test_a_channel_picture_that_the_graph_lost_is_recorded_again(town: Town) -> None:
    ref = town.photo_ref()
    town.world.channel_photos.files[ref.photo_id] = town.file()
    await town.run_photo(a_channel_photo(ref))
    town.world.graph.channel_photos.clear()

    looked, repaired = await town.reconcile(), await town.reconcile(apply=True)

    assert (counts(looked), counts(repaired)) == (
        {Kind.CHANNEL_PHOTOS: (1, 0)},
        {Kind.CHANNEL_PHOTOS: (1, 1)},
    )
    assert len(town.world.graph.channel_photos) == len(town.world.eyes.looks) == 1


async def test_a_page_that_can_be_read_again_is_read_again(town: Town) -> None:
    (ref,) = await posts_of(town, 1, urls=(LINK,))
    town.world.objects.lost.update(key for key in town.world.objects.kept if key.startswith("crawl/"))
    before = Counter(town.runs(ref))

    result = await town.reconcile(apply=True)

    assert (result.state, counts(result)) == ("repaired", {Kind.PAGES: (1, 1)})
    assert town.world.web.asked == [LINK, LINK]
    assert set(Counter(town.runs(ref)) - before) == {Stage.CRAWL}


async def test_a_page_that_cannot_be_read_again_is_asked_for_once(town: Town) -> None:
    await posts_of(town, 1, urls=(LINK,))
    town.world.objects.lost.update(key for key in town.world.objects.kept if key.startswith("crawl/"))
    town.world.web.broken[LINK] = RejectedError("gone")

    result = await town.reconcile(apply=True)

    assert (result.state, counts(result)) == ("differs", {Kind.PAGES: (1, 0)})
    assert (await town.reconcile(apply=True)).state == "same"


async def test_files_are_named_and_looks_are_written_again(town: Town) -> None:
    town.world.attach(town.ref(1), town.file(), words="афиша")
    await posts_of(town, 1)
    town.world.objects.lost.update((str(town.file().object_key), f"vision/{town.file().sha256}"))

    result = await town.reconcile(apply=True)

    assert (result.state, counts(result)) == ("differs", {Kind.MEDIA: (1, 0), Kind.VISION: (1, 1)})
    assert town.world.objects.lost == {town.file().object_key}


async def test_events_that_redis_lost_are_appended_again(town: Town) -> None:
    await posts_of(town, 2)
    told = dict(town.world.log.entries)
    town.world.log.entries.clear()

    result = await town.reconcile(apply=True)

    assert (result.state, counts(result)) == ("repaired", {Kind.EVENTS: (len(told), len(told))})
    assert town.world.log.entries == told


async def test_a_long_comparison_goes_on_in_another_run_with_what_was_found(town: Town) -> None:
    await posts_of(town, 1)
    town.world.vectors.points.clear()
    town.world.graph.posts.clear()
    town.world.log.entries.clear()

    result = await town.reconcile(parts_per_run=2)

    assert set(counts(result)) == {Kind.POINTS, Kind.NODES, Kind.EVENTS}


async def test_a_store_that_does_not_answer_is_waited_for(town: Town) -> None:
    await posts_of(town, 1)
    town.world.vectors.weather.coming = [UnavailableError("away"), UnavailableError("still away")]

    assert (await town.reconcile()).state == "same"


async def test_a_comparison_that_can_never_succeed_fails_with_the_reason(town: Town) -> None:
    await posts_of(town, 1)
    town.world.vectors.weather.always = RejectedError("another program's collection")

    with pytest.raises(WorkflowFailureError) as failed:
        await town.reconcile()

    cause = failed.value.cause.__cause__
    assert isinstance(cause, ApplicationError)
    assert cause.message == "another program's collection"


async def test_it_says_where_it_is_and_runs_once_at_a_time(town: Town) -> None:
    await posts_of(town, 1)
    town.world.vectors.points.clear()
    town.world.embedder.gate.clear()
    order = ReconcileOrder(tenant_id=town.tenant, apply=True)
    handle = await town.start_reconcile(order)

    async def waits() -> bool:
        described = await handle.describe()
        return described.typed_search_attributes.get(STAGE) == "index" and bool(town.world.embedder.asked)

    await until(waits)
    progress: ReconcileProgress = await handle.query("progress", result_type=ReconcileProgress)
    with pytest.raises(WorkflowAlreadyStartedError):
        await town.start_reconcile(order)
    town.world.embedder.gate.set()

    assert (progress.apply, progress.walk.check, progress.walk.total) == (True, "index", 1)
    assert counts(await result_of(handle)) == {Kind.POINTS: (1, 1)}
    described = await handle.describe()
    assert described.typed_search_attributes.get(STATE) == "repaired"


def result_of(handle: WorkflowHandle[Any, ReconcileResult]) -> Awaitable[ReconcileResult]:
    return within(handle.result())
