"""A deletion is final, whenever it comes; and the album does without."""

from datetime import timedelta

import pytest
from temporalio.client import WorkflowUpdateFailedError

from contracts.errors import RejectedError
from contracts.post import Decision, Deletion, PostInput, Retag
from contracts.stages import Stage
from tests.build import LONG, MOMENT, SHORT, a_post, an_album, an_edit
from tests.workflows.branches import arrived_items
from tests.workflows.town import Town, parked, until, within
from workflows.attributes import STATE
from workflows.post import PostWorkflow

pytestmark = pytest.mark.services

BROKEN = RejectedError("the index is closed")


async def test_a_deleted_post_leaves_nothing_but_its_tombstone_and_one_event(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file(), words="афиша")
    await town.run(a_post(ref))

    result = await town.run(PostInput(ref=ref, deletion=Deletion(reason="admin")))

    (event,) = town.told_events("posts:deleted")
    described = await town.post(ref).describe()
    assert (result.state, described.typed_search_attributes.get(STATE)) == ("deleted", "deleted")
    assert ref.post_id not in town.world.archive.rows
    assert (town.world.vectors.points, town.world.graph.posts) == ({}, {})
    assert town.world.objects.deleted == [town.file().object_key]
    assert (event["reason"], event["related_vectors_deleted"], event["qdrant_cleaned"]) == ("admin", 1, True)


async def test_a_later_version_of_a_deleted_post_does_nothing(town: Town) -> None:
    ref = town.ref()
    await town.run(PostInput(ref=ref, deletion=Deletion()))

    parsed = await town.run(a_post(ref))
    edited = await town.run(PostInput(ref=ref, event=an_edit(ref)))

    assert [parsed.state, edited.state] == ["deleted", "deleted"]
    assert town.streams() == ["posts:deleted"]
    assert town.world.vectors.points == {}


async def test_a_deletion_twice_is_told_once(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref))

    for _ in range(2):
        await town.run(PostInput(ref=ref, deletion=Deletion()))

    assert town.streams().count("posts:deleted") == 1


async def test_a_deletion_that_comes_while_the_post_is_looked_at_stops_it_there(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file())
    town.world.eyes.gate.clear()
    handle = await town.start(a_post(ref, text=SHORT))

    async def looks() -> bool:
        return town.world.eyes.asked > 0

    await until(looks)
    await handle.signal(PostWorkflow.deleted, Deletion())
    town.world.eyes.gate.set()
    result = await within(town.wait(handle))

    assert result.state == "deleted"
    assert town.world.vectors.writes == 0


async def test_a_deletion_wakes_a_parked_post(town: Town) -> None:
    ref = town.ref()
    town.world.tagger.weather.always = BROKEN
    handle = await town.start(a_post(ref))
    await parked(handle)

    await town.start(PostInput(ref=ref, deletion=Deletion()))

    assert (await within(town.wait(handle))).state == "deleted"


async def test_a_store_that_does_not_let_go_parks_the_deletion_and_nothing_comes_back_meanwhile(
    town: Town,
) -> None:
    ref = town.ref()
    await town.run(a_post(ref))
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(PostInput(ref=ref, deletion=Deletion()))

    problems = await parked(handle)
    assert [p["stage"] for p in problems] == [Stage.VECTORS]
    assert town.told_events("posts:deleted") == []

    town.world.vectors.weather.always = None
    await handle.signal(PostWorkflow.resolve, Decision(action="retry"))
    assert (await within(town.wait(handle))).state == "deleted"
    assert len(town.told_events("posts:deleted")) == 1


async def test_a_store_that_is_left_out_is_not_said_to_be_clean(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref))
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(PostInput(ref=ref, deletion=Deletion()))
    await parked(handle)

    await handle.signal(PostWorkflow.resolve, Decision(action="skip"))
    await within(town.wait(handle))

    (event,) = town.told_events("posts:deleted")
    assert (event["qdrant_cleaned"], event["neo4j_cleaned"]) == (False, True)


async def test_what_was_left_out_before_is_not_left_out_of_a_deletion(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref))
    town.world.vectors.weather.always = town.world.graph.weather.always = BROKEN
    handle = await town.start(PostInput(ref=ref, event=an_edit(ref)))
    await parked(handle)
    await handle.signal(PostWorkflow.resolve, Decision(action="skip", stage="vectors"))

    async def parks_for_the_graph_alone() -> bool:
        return [problem["stage"] for problem in (await handle.query("status"))["problems"]] == [Stage.GRAPH]

    await until(parks_for_the_graph_alone)
    town.world.vectors.weather.always = town.world.graph.weather.always = None
    await handle.signal(PostWorkflow.deleted, Deletion())
    await within(town.wait(handle))

    (event,) = town.told_events("posts:deleted")
    assert town.world.vectors.points == {}
    assert (event["qdrant_cleaned"], event["neo4j_cleaned"]) == (True, True)


@pytest.mark.parametrize("stage", [Stage.PERSIST, "announce"])
async def test_a_deletion_cannot_do_without_its_tombstone_or_its_event(town: Town, stage: str) -> None:
    ref = town.ref()
    await town.run(a_post(ref))
    weather = {Stage.PERSIST: town.world.archive.weather, "announce": town.world.log.weather}[stage]
    weather.always = BROKEN
    handle = await town.start(PostInput(ref=ref, deletion=Deletion()))
    problems = await parked(handle)

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await within(handle.execute_update(PostWorkflow.decide, Decision(action="skip", stage=stage)))

    assert [problem["stage"] for problem in problems] == [stage]
    assert "'skip' cannot be decided: send retry or give-up" in str(refused.value.cause)
    weather.always = None
    await within(handle.execute_update(PostWorkflow.decide, Decision(action="retry")))
    assert (await within(town.wait(handle))).state == "deleted"


async def test_an_edit_that_comes_before_its_post_is_kept_for_it(town: Town) -> None:
    ref = town.ref()

    early = await town.run(PostInput(ref=ref, event=an_edit(ref)))
    late = await town.run(a_post(ref))

    assert (early.state, early.reason) == ("skipped", "not_arrived")
    assert late.state == "indexed"
    assert town.world.embedder.texts[-1].endswith("Исправлено.")


async def test_of_versions_that_wake_a_parked_post_the_newest_is_indexed(town: Town) -> None:
    ref = town.ref()
    town.world.tagger.weather.always = BROKEN
    handle = await town.start(a_post(ref))
    await parked(handle)
    town.world.tagger.weather.always = None
    later = [MOMENT + timedelta(hours=n) for n in (2, 3, 1)]

    for n, moment in enumerate(later):
        await town.start(PostInput(ref=ref, event=an_edit(ref, text=f"{LONG} Версия {n}.", edited_at=moment)))
    await within(town.wait(handle))

    assert "Версия 1" in town.world.embedder.texts[-1]


async def test_an_album_is_assembled_again_without_its_deleted_item(town: Town) -> None:
    refs = await arrived_items(town, 2)
    await town.run_album(an_album(town.album_ref(), refs))

    await town.run(PostInput(ref=refs[1], deletion=Deletion()))

    async def told_again() -> bool:
        return len(town.told_events("album:assembled")) == 2

    await until(told_again)
    assert [event["items_count"] for event in town.told_events("album:assembled")] == [2, 1]
    assert town.world.graph.albums[555].post_ids == (refs[0].post_id,)


async def test_an_album_goes_with_its_last_item(town: Town) -> None:
    refs = await arrived_items(town, 1)
    await town.run_album(an_album(town.album_ref(), refs))

    await town.run(PostInput(ref=refs[0], deletion=Deletion()))

    async def dissolved() -> bool:
        return town.world.graph.albums == {}

    await until(dissolved)
    handle = town.client.get_workflow_handle(town.album_ref().workflow_id)
    assert (await within(handle.result()))["state"] == "deleted"
    assert len(town.told_events("album:assembled")) == 1


async def test_asking_a_deleted_post_for_tags_is_harmless(town: Town) -> None:
    ref = town.ref()
    await town.run(PostInput(ref=ref, deletion=Deletion()))

    result = await town.run(PostInput(ref=ref, retag=Retag(event_id="r1")))

    assert result.state == "deleted"
    assert town.world.tagger.texts == []
