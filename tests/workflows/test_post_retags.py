"""Tags that somebody asks for are made once for each who asks, whatever the post was doing meanwhile."""

from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError, WorkflowUpdateStage

from contracts.errors import RejectedError
from contracts.post import PostRef, Refresh, Retag
from contracts.stages import Stage
from tests.build import LONG, SHORT, a_post
from tests.workflows.branches import Handle
from tests.workflows.town import Town, counted, parked, until, within
from workflows.campaigning import retag_post
from workflows.post import PostWorkflow

pytestmark = pytest.mark.services


def manual(town: Town) -> list[dict[str, Any]]:
    return [event for event in town.told_events("posts:tagged") if event["trigger"] == "manual"]


async def retagged(town: Town, ref: PostRef, *names: str) -> None:
    """Ask for the tags of a post that has ended, and wait for its new run."""
    for name in names:
        await retag_post(town.client, ref, Retag(event_id=name))
    await within(town.wait(town.post(ref)))


async def test_a_post_that_has_ended_is_tagged_again_and_nothing_else_is_done(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref, text=LONG))
    before = len(town.runs(ref))

    await retagged(town, ref, "r1")

    assert town.runs(ref)[before:] == [Stage.TAGS]
    assert len(manual(town)) == 1
    assert town.streams().count("posts:indexed") == 1


async def test_asked_again_after_the_run_has_closed_nothing_is_done_or_told(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref, text=LONG))
    await retagged(town, ref, "r1")
    before = town.streams()

    await retagged(town, ref, "r1")

    _, scheduled = await counted(town.post(ref))
    assert (await town.wait(town.post(ref))).stages_run == 0
    assert scheduled == {"tag_post": 1}
    assert town.streams() == before
    assert len(town.world.tagger.texts) == 2


async def test_stale_tags_are_made_once_when_they_are_asked_for(town: Town) -> None:
    """A new tagger makes the tags stale; to tag them as stale first and as asked for then would be paid twice."""
    ref = town.ref()
    await town.run(a_post(ref, text=LONG))
    row = town.world.archive.rows[ref.post_id]
    row.records[Stage.TAGS] = row.records[Stage.TAGS].model_copy(update={"fingerprint": "of the old tagger"})

    await retagged(town, ref, "r1")

    assert len(town.world.tagger.texts) == 2
    assert len(manual(town)) == 1


async def test_two_who_ask_while_the_post_is_busy_get_their_tags_each(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file(), words="афиша концерта")
    town.world.eyes.gate.clear()
    handle = await town.start(a_post(ref, text=SHORT))

    async def looks() -> bool:
        return town.world.eyes.asked > 0

    await until(looks)
    for name in ("r1", "r2", "r1"):
        await handle.signal(PostWorkflow.retag, Retag(event_id=name))
    town.world.eyes.gate.set()
    await within(town.wait(handle))

    assert len(manual(town)) == 2


async def test_who_asks_while_tags_cannot_be_made_does_not_displace_who_asked_before(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref, text=LONG))
    town.world.tagger.weather.always = RejectedError("refused")
    await retag_post(town.client, ref, Retag(event_id="r1"))
    await parked(town.post(ref))

    town.world.tagger.weather.always = None
    await retagged(town, ref, "r2")

    assert len(manual(town)) == 2


async def test_two_who_wait_for_their_tags_are_both_answered(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file(), words="афиша концерта")
    town.world.eyes.gate.clear()
    handle = await town.start(a_post(ref, text=SHORT))

    async def looks() -> bool:
        return town.world.eyes.asked > 0

    await until(looks)
    waiting = [
        await handle.start_update(
            "retag_now", Retag(event_id=name), wait_for_stage=WorkflowUpdateStage.ACCEPTED
        )
        for name in ("r1", "r2")
    ]
    town.world.eyes.gate.set()

    assert [await within(update.result()) for update in waiting] == ["tags done", "tags done"]
    await within(town.wait(handle))
    assert len(manual(town)) == 2


async def a_post_that_looks(town: Town) -> Handle:
    """A post that is held while its picture is looked at."""
    town.world.attach(town.ref(), town.file(), words="афиша концерта")
    town.world.eyes.gate.clear()
    handle = await town.start(a_post(town.ref(), text=SHORT))

    async def looks() -> bool:
        return town.world.eyes.asked > 0

    await until(looks)
    return handle


async def test_a_word_that_a_refresh_has_used_is_a_new_one_for_a_retag(town: Town) -> None:
    handle = await a_post_that_looks(town)

    await handle.signal(PostWorkflow.refresh, Refresh(reason="try", event_id="1"))
    await handle.signal(PostWorkflow.retag, Retag(event_id="1"))
    town.world.eyes.gate.set()
    await within(town.wait(handle))

    assert len(manual(town)) == 1


async def test_tagging_now_with_a_word_that_was_used_is_refused_in_words(town: Town) -> None:
    handle = await a_post_that_looks(town)
    await handle.signal(PostWorkflow.retag, Retag(event_id="1"))

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await within(handle.execute_update("retag_now", Retag(event_id="1")))

    assert "'1' was used before" in str(refused.value.cause)
    town.world.eyes.gate.set()
    await within(town.wait(handle))
