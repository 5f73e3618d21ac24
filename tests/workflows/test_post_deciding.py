"""Parks are kept with their dead letters; decisions are taken or refused in words."""

import pytest
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateStage
from temporalio.exceptions import ApplicationError

from contracts.dead_letters import PARKED
from contracts.errors import RejectedError, UnavailableError
from contracts.post import Decision, Deletion, PostInput, Retag
from contracts.streams import POSTS_INDEXED, POSTS_TAGGED
from tests.build import SHORT, a_post, an_album
from tests.workflows.branches import Handle, arrived_items
from tests.workflows.town import Town, counted, parked, until, within
from workflows.album import AlbumWorkflow
from workflows.attributes import STUCK_REASON
from workflows.post import PostWorkflow

pytestmark = pytest.mark.services

BROKEN = RejectedError("the index refuses this point")


async def a_parked_post(town: Town) -> Handle:
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(a_post(town.ref()))
    await parked(handle)
    return handle


def letters(town: Town) -> list[dict[str, str]]:
    return [e.fields for (stream, _), e in town.world.log.entries.items() if stream.endswith(":dlq")]


async def lies_there(town: Town) -> None:
    async def found() -> bool:
        return bool(letters(town))

    await until(found)


async def quiet(handle: Handle) -> int:
    """Wait until nothing is under way; return how long the history is."""
    described = await handle.describe()

    async def is_quiet() -> bool:
        nonlocal described
        described = await handle.describe()
        raw = described.raw_description
        return not (raw.pending_activities or raw.HasField("pending_workflow_task"))

    await until(is_quiet)
    return described.history_length


async def test_a_park_has_its_dead_letter_beside_the_stream_of_its_stage(town: Town) -> None:
    handle = await a_parked_post(town)
    await lies_there(town)

    (letter,) = letters(town)
    assert letter["original_stream"] == POSTS_INDEXED
    assert (letter["kind"], letter["stage"], letter["error"]) == (PARKED, "vectors", str(BROKEN))
    assert (letter["workflow_id"], letter["post_id"]) == (handle.id, str(town.ref().post_id))
    assert letter["retry_count"] == "1"


async def test_the_letter_is_withdrawn_and_who_decided_is_kept(town: Town) -> None:
    handle = await a_parked_post(town)
    await lies_there(town)
    town.world.vectors.weather.always = None

    await handle.signal(PostWorkflow.resolve, Decision(action="retry", by="anna", note="mended"))
    await within(town.wait(handle))

    (ended,) = town.world.parks.ended.values()
    assert letters(town) == []
    assert ended.decision == Decision(action="retry", by="anna", note="mended")


async def test_each_park_of_a_run_is_one_of_its_own(town: Town) -> None:
    handle = await a_parked_post(town)
    await handle.signal(PostWorkflow.resolve, Decision(action="retry"))

    async def again() -> bool:
        return len(town.world.parks.parks) == 2

    await until(again)
    await parked(handle)
    assert sorted(park.number for park in town.world.parks.parks.values()) == [1, 2]


async def test_a_record_that_cannot_be_written_does_not_keep_the_post_from_parking(town: Town) -> None:
    town.world.parks.weather.always = RejectedError("no room for records")

    handle = await a_parked_post(town)

    town.world.vectors.weather.always = None
    await handle.signal(PostWorkflow.resolve, Decision(action="retry"))
    assert (await within(town.wait(handle))).state == "indexed"


async def test_a_letter_that_cannot_be_told_now_is_told_while_the_post_waits(town: Town) -> None:
    town.world.tagger.weather.always = BROKEN
    town.world.log.weather.always = UnavailableError("no streams")
    handle = await town.start(a_post(town.ref()))
    await parked(handle)

    town.world.log.weather.always = None

    await lies_there(town)
    assert letters(town)[0]["original_stream"] == POSTS_TAGGED


async def test_an_update_decides_and_answers(town: Town) -> None:
    handle = await a_parked_post(town)
    town.world.vectors.weather.always = None

    answer = await within(handle.execute_update("resolve", Decision(action="retry", by="anna")))

    assert answer == "retry: taken"
    assert (await within(town.wait(handle))).state == "indexed"


async def test_what_cannot_be_told_is_no_stage_that_could_be_left_out(town: Town) -> None:
    town.world.log.weather.always = BROKEN
    handle = await town.start(a_post(town.ref()))
    problems = await parked(handle)
    shown = (await handle.describe()).typed_search_attributes.get(STUCK_REASON)
    details = (await handle.query("__temporal_workflow_metadata")).current_details

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await within(handle.execute_update(PostWorkflow.decide, Decision(action="skip")))

    assert ([p["stage"] for p in problems], shown) == (["announce"], "announce:RejectedError")
    assert "skip" not in details
    assert "'skip' cannot be decided: send retry or give-up" in str(refused.value.cause)
    town.world.log.weather.always = None
    await within(handle.execute_update(PostWorkflow.decide, Decision(action="retry")))
    assert (await within(town.wait(handle))).state == "indexed"
    assert "posts:indexed" in town.streams()


async def test_a_retag_whose_tags_are_left_out_is_not_tried_again(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref))
    town.world.tagger.weather.always = BROKEN
    handle = await town.start(PostInput(ref=ref, retags=(Retag(event_id="r"),)))
    await parked(handle)

    await within(handle.execute_update(PostWorkflow.decide, Decision(action="skip", stage="tags")))

    assert (await within(town.wait(handle))).state == "indexed"
    assert len(town.world.parks.parks) == 1


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (Decision(action="explode"), "'explode' cannot be decided"),
        (Decision(action="skip", stage="tags"), "tags is not stuck; stuck: vectors"),
    ],
)
async def test_a_bad_decision_by_update_is_refused_in_words_and_leaves_no_trace(
    town: Town, decision: Decision, sentence: str
) -> None:
    handle = await a_parked_post(town)
    await lies_there(town)
    before = await quiet(handle)

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await within(handle.execute_update(PostWorkflow.decide, decision))

    assert isinstance(refused.value.cause, ApplicationError)
    assert sentence in refused.value.cause.message
    assert (await handle.describe()).history_length == before


async def test_a_bad_decision_by_signal_is_answered_in_the_details_and_the_post_stays_parked(
    town: Town,
) -> None:
    handle = await a_parked_post(town)

    await handle.signal(PostWorkflow.resolve, Decision(action="explode"))

    async def said() -> bool:
        details = (await handle.query("__temporal_workflow_metadata")).current_details
        return "A decision was not taken: 'explode' cannot be decided" in details

    await until(said)
    await parked(handle)


async def test_what_wakes_a_post_without_a_decision_is_kept_too(town: Town) -> None:
    handle = await a_parked_post(town)
    town.world.vectors.weather.always = None

    await handle.signal(PostWorkflow.retag, Retag(event_id="r"))
    await within(town.wait(handle))

    (ended,) = town.world.parks.ended.values()
    assert (ended.decision, ended.woken_by) == (None, "retag")


async def test_tagging_now_answers_with_what_came_of_it(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file())
    town.world.eyes.gate.clear()
    handle = await town.start(a_post(ref))
    await town.told("posts:tagged")

    asked = await handle.start_update(
        "retag_now", Retag(event_id="now"), wait_for_stage=WorkflowUpdateStage.ACCEPTED, result_type=str
    )
    town.world.eyes.gate.set()

    assert await within(asked.result()) == "tags done"
    assert (await within(town.wait(handle))).state == "indexed"


async def a_post_without_tags(town: Town) -> Handle:
    town.world.tagger.weather.always = BROKEN
    handle = await town.start(a_post(town.ref()))
    await parked(handle)
    return handle


async def test_tagging_a_parked_post_now_waits_for_what_comes_of_it(town: Town) -> None:
    handle = await a_post_without_tags(town)
    town.world.tagger.weather.always = None

    answer = await within(handle.execute_update("retag_now", Retag(event_id="1")))

    assert answer == "tags done"
    assert (await within(town.wait(handle))).state == "indexed"
    assert [event["trigger"] for event in town.told_events("posts:tagged")] == ["manual"]


async def test_tagging_now_is_answered_when_the_post_is_stuck_again(town: Town) -> None:
    handle = await a_post_without_tags(town)

    answer = await within(handle.execute_update("retag_now", Retag(event_id="1")))

    assert answer == "not tagged: the post is stuck or deleted; see its details"
    assert (await counted(handle))[1]["tag_post"] == 2


async def test_tagging_now_is_refused_without_a_word_of_its_own(town: Town) -> None:
    handle = await a_parked_post(town)

    with pytest.raises(WorkflowUpdateFailedError):
        await within(handle.execute_update("retag_now", Retag(event_id="")))


async def test_tagging_a_post_that_is_being_deleted_is_refused(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref, text=SHORT))
    town.world.graph.weather.always = BROKEN
    handle = await town.start(PostInput(ref=ref, deletion=Deletion()))
    await parked(handle)

    with pytest.raises(WorkflowUpdateFailedError):
        await within(handle.execute_update("retag_now", Retag(event_id="r")))


async def test_an_album_parks_with_its_letter_and_takes_a_decision(town: Town) -> None:
    refs = await arrived_items(town, 2)
    town.world.graph.weather.always = BROKEN
    handle = await town.start_album(an_album(town.album_ref(), refs))
    await parked(handle)
    await lies_there(town)
    town.world.graph.weather.always = None

    with pytest.raises(WorkflowUpdateFailedError):
        await within(handle.execute_update(AlbumWorkflow.decide, Decision(action="skip")))
    await within(handle.execute_update(AlbumWorkflow.decide, Decision(action="retry", by="anna")))

    assert (await within(handle.result())).state == "complete"
    assert letters(town) == []
