"""What reaches a post while it runs, and after it ended."""

import asyncio

import pytest

from contracts.post import PostRef, Refresh, Retag
from contracts.stages import Stage
from tests.build import LONG, SHORT, a_post, an_event
from tests.workflows.town import Town, until, within
from workflows.post import PostWorkflow
from workflows.starting import refresh_post, start_post

pytestmark = pytest.mark.services


async def a_held_post(town: Town) -> PostRef:
    """Start a post; its run is held while its picture is looked at."""
    ref = town.ref()
    town.world.attach(ref, town.file(), words="афиша концерта")
    town.world.eyes.gate.clear()
    await town.start(a_post(ref, text=SHORT))

    async def looks() -> bool:
        return town.world.eyes.asked > 0

    await until(looks)
    return ref


async def test_an_edit_during_the_run_is_taken_in_by_the_same_run(town: Town) -> None:
    ref = await a_held_post(town)
    handle = town.post(ref)

    await handle.signal(PostWorkflow.edited, an_event(ref, text=LONG))
    town.world.eyes.gate.set()
    await within(town.wait(handle))

    assert "трамвай" in town.world.embedder.texts[-1]
    assert len(town.world.eyes.looks) == 1


async def test_a_second_start_of_a_running_post_is_an_edit_of_it(town: Town) -> None:
    ref = await a_held_post(town)
    handle = town.post(ref)

    began = await start_post(town.client, a_post(ref, text=LONG))
    town.world.eyes.gate.set()
    await within(town.wait(handle))

    assert not began
    assert town.world.archive.rows[ref.post_id].event.text == LONG


async def test_five_starts_at_once_are_one_run_of_each_stage(town: Town) -> None:
    post = a_post(town.ref())

    began = await asyncio.gather(*(start_post(town.client, post) for _ in range(5)))
    await within(town.wait(town.post(post.ref)))

    assert any(began)
    assert town.runs(post.ref).count(Stage.TAGS) == 1
    assert town.streams().count("posts:indexed") == 1


async def test_the_same_refresh_sent_twice_counts_once(town: Town) -> None:
    ref = await a_held_post(town)
    handle = town.post(ref)

    for _ in range(2):
        await handle.signal(PostWorkflow.refresh, Refresh(reason="album", event_id="a"))
    town.world.eyes.gate.set()
    await within(town.wait(handle))

    history = await handle.fetch_history()
    persists = [e for e in history.events if "persist" in str(e.marker_recorded_event_attributes)]
    assert len(persists) == 2  # the run itself, and one more look


async def test_a_retag_tags_once_more_and_says_manual(town: Town) -> None:
    ref = await a_held_post(town)
    handle = town.post(ref)

    for _ in range(2):
        await handle.signal(PostWorkflow.retag, Retag(event_id="r1"))
    town.world.eyes.gate.set()
    await within(town.wait(handle))

    triggers = [event["trigger"] for event in town.told_events("posts:tagged")]
    assert triggers == ["initial", "manual"]


async def test_a_post_that_has_ended_is_reached_again(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref))
    first = await town.post(ref).describe()

    await refresh_post(town.client, ref, Refresh(reason="reconcile", event_id="x"))
    result = await within(town.wait(town.post(ref)))

    assert (await town.post(ref).describe()).run_id != first.run_id
    assert (result.state, result.stages_run) == ("indexed", 0)


async def test_an_edited_text_makes_tags_and_index_stale_but_not_the_pictures(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file(), words="афиша концерта")
    await town.run(a_post(ref, text=LONG))
    before = len(town.runs(ref))

    await town.run(a_post(ref, text=f"{LONG} Исправлено: весной следующего года."))

    assert set(town.runs(ref)[before:]) == {Stage.TAGS, Stage.ENRICH, Stage.VECTORS, Stage.GRAPH}
    assert len(town.world.eyes.looks) == 1


async def test_new_reactions_alone_run_nothing(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref))

    result = await town.run(a_post(ref, reactions_count=99, views_count=1000))

    assert result.stages_run == 0
    assert town.streams().count("posts:indexed") == 1
