"""Tagging: when tags are made, when they are news, and what triggered them."""

from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from contracts.encoding import decode
from contracts.post import MediaRequest, PostRef, VisionRequest
from contracts.stages import Outcome, Stage, StageRecord
from tests.build import LONG, SHORT, a_file, a_ref, a_request, a_timing, an_event
from tests.fake_world import World

WEATHER = "Утром дождь, днём солнце, а под вечер ветер с моря, и так всю эту неделю до субботы."


async def save(world: World, text: str) -> PostRef:
    ref = a_ref()
    await world.archive.save(ref, an_event(ref, text=text), a_timing())
    return ref


async def tag(env: ActivityEnvironment, world: World, **values: Any) -> StageRecord:
    return await env.run(world.tagging.tag_post, a_request(Stage.TAGS, **values))


def told(world: World) -> list[dict[str, Any]]:
    events = world.archive.committed()
    return [decode(event.fields) for event in events if event.stream == "stream:posts:tagged"]


async def test_a_text_is_tagged_with_words_that_stand_in_it(env: ActivityEnvironment, world: World) -> None:
    await save(world, LONG)

    record = await tag(env, world)

    (event,) = told(world)
    assert record.outcome is Outcome.DONE
    assert (event["trigger"], event["tags_hash"]) == ("initial", record.output)
    assert 1 <= len(event["tags"]) <= 5
    assert all(name in LONG.lower() for name in event["tags"])


@pytest.mark.parametrize(
    ("text", "reason"), [(SHORT, "text_too_short"), ("", "no_text"), ("а и о " * 20, "no_key_phrase")]
)
async def test_too_little_text_has_no_tags_and_says_why(
    env: ActivityEnvironment, world: World, text: str, reason: str
) -> None:
    await save(world, text)

    record = await tag(env, world)

    (event,) = told(world)
    assert (record.outcome, record.reason) == (Outcome.SKIPPED, reason)
    assert (event["tags"], event["metadata"]["reason"]) == ([], reason)


async def test_a_short_text_with_a_picture_is_tagged(env: ActivityEnvironment, world: World) -> None:
    ref = await save(world, SHORT)
    world.attach(ref, a_file())

    assert (await tag(env, world)).outcome is Outcome.DONE


async def test_the_tagger_is_not_asked_about_a_text_that_is_too_short(
    env: ActivityEnvironment, world: World
) -> None:
    await save(world, SHORT)

    await tag(env, world)

    assert world.tagger.texts == []


async def test_a_repeated_request_is_answered_from_the_record(env: ActivityEnvironment, world: World) -> None:
    await save(world, LONG)
    first = await tag(env, world)

    again = await tag(env, world)

    assert again == first.model_copy(update={"runs": 1})
    assert len(world.tagger.texts) == len(told(world)) == 1


async def test_words_of_a_picture_retag_the_post(env: ActivityEnvironment, world: World) -> None:
    ref = await save(world, WEATHER)
    await tag(env, world)
    await look(env, world, ref, "афиша концерта")

    await tag(env, world, fingerprint="f2")

    assert [event["trigger"] for event in told(world)] == ["initial", "vision_retag"]
    assert told(world)[-1]["metadata"]["retagged"] is True


async def test_an_edited_text_is_tagged_as_if_it_were_new(env: ActivityEnvironment, world: World) -> None:
    await save(world, LONG)
    await tag(env, world)
    await save(world, WEATHER)

    await tag(env, world, fingerprint="f2")

    first, second = told(world)
    assert second["trigger"] == "initial"
    assert first["idempotency_key"] != second["idempotency_key"]


async def test_tags_that_stay_the_same_are_no_news(env: ActivityEnvironment, world: World) -> None:
    await save(world, LONG)
    await tag(env, world)

    record = await tag(env, world, fingerprint="f2")

    assert record.fingerprint == "f2"
    assert len(told(world)) == 1


async def test_what_an_operator_asked_for_is_told_even_when_nothing_changed(
    env: ActivityEnvironment, world: World
) -> None:
    await save(world, LONG)
    await tag(env, world)

    await tag(env, world, forced_by="request-1")

    assert [event["trigger"] for event in told(world)] == ["initial", "manual"]
    assert len({event["idempotency_key"] for event in told(world)}) == 2


async def look(env: ActivityEnvironment, world: World, ref: PostRef, words: str) -> None:
    """Give the post a picture in which ``words`` stand, look at it, and have it recorded."""
    file = a_file(words)
    world.attach(ref, file, words=words)
    request = {"tenant_id": ref.tenant_id, "media": file, "vision_version": "v1"}
    await env.run(world.seeing.analyze_media, MediaRequest.model_validate(request))
    settled = VisionRequest(ref=ref, fingerprint=words, vision_version="v1", media=(file,))
    await env.run(world.seeing.settle_vision, settled)


async def test_what_was_forced_already_by_the_same_one_is_answered_from_the_record(
    env: ActivityEnvironment, world: World
) -> None:
    await save(world, LONG)
    await tag(env, world)
    await tag(env, world, forced_by="campaign-1")

    again = await tag(env, world, forced_by="campaign-1")

    assert again.runs == 2
    assert len(world.tagger.texts) == len(told(world)) == 2


async def test_two_who_force_the_tags_in_turn_get_them_once_each(
    env: ActivityEnvironment, world: World
) -> None:
    await save(world, LONG)

    for who in ("campaign-1", "campaign-2", "campaign-1", "campaign-2"):
        await tag(env, world, forced_by=who)

    assert [event["trigger"] for event in told(world)] == ["manual", "manual"]
    assert len({event["idempotency_key"] for event in told(world)}) == 2


async def test_an_edit_in_between_does_not_make_them_forced_again(
    env: ActivityEnvironment, world: World
) -> None:
    await save(world, LONG)
    await tag(env, world, forced_by="campaign-1")
    await save(world, WEATHER)
    await tag(env, world, fingerprint="f2")

    again = await tag(env, world, fingerprint="f2", forced_by="campaign-1")

    assert (again.fingerprint, again.runs) == ("f2", 2)
    assert [event["trigger"] for event in told(world)] == ["manual", "initial"]


async def test_who_forced_the_tags_is_kept_with_them(env: ActivityEnvironment, world: World) -> None:
    ref = await save(world, LONG)

    await tag(env, world, forced_by="campaign-1")
    await tag(env, world, forced_by="campaign-2")

    data = world.archive.rows[ref.post_id].findings["tags"]
    assert (data["forced_by"], data["forced_before"]) == ("campaign-2", ["campaign-1"])
