"""Looking at pictures: once per file and version, whoever asks; putting together what was seen."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from contracts.encoding import decode
from contracts.errors import BusyError, PipelineError, RateLimitedError, RefusedError, UnavailableError
from contracts.post import MediaRef, MediaRequest, MediaSeen, PostRef, VisionRequest
from contracts.stages import Outcome
from domain.build import words_of
from tests.build import TENANT, a_file, a_ref, a_tenant, a_timing, an_event
from tests.fake_world import World


async def look(env: ActivityEnvironment, world: World, file: MediaRef, **values: Any) -> MediaSeen:
    known = {"tenant_id": TENANT, "media": file, "vision_version": "v1", **values}
    return await env.run(world.seeing.analyze_media, MediaRequest.model_validate(known))


async def test_a_picture_is_looked_at_and_remembered_with_its_object(
    env: ActivityEnvironment, world: World
) -> None:
    seen = await look(env, world, a_file())

    assert seen.features_hash
    assert [key for key in world.objects.kept if key.startswith(f"vision/{TENANT}/{seen.sha256}_fake_eyes")]


async def test_a_picture_that_was_looked_at_is_not_looked_at_again(
    env: ActivityEnvironment, world: World
) -> None:
    first = await look(env, world, a_file())

    assert await look(env, world, a_file()) == first
    assert len(world.eyes.looks) == 1


async def test_an_answer_that_could_not_be_remembered_is_not_asked_for_again(
    env: ActivityEnvironment, world: World
) -> None:
    world.looks.weather.coming = [UnavailableError("postgres: away")]
    with pytest.raises(UnavailableError):
        await look(env, world, a_file())

    assert (await look(env, world, a_file())).features_hash
    assert len(world.eyes.looks) == 1


async def test_what_is_kept_of_another_version_or_is_broken_is_no_answer(
    env: ActivityEnvironment, world: World
) -> None:
    await look(env, world, a_file())
    (key,) = world.objects.kept

    await look(env, world, a_file(), vision_version="v2")
    world.objects.kept[key] = b"{half"
    await look(env, world, a_file(), vision_version="v3")

    assert len(world.eyes.looks) == 3


@pytest.mark.parametrize("values", [{"vision_version": "v2"}, {"tenant_id": a_tenant()}])
async def test_another_version_or_tenant_looks_for_itself(
    env: ActivityEnvironment, world: World, values: dict[str, Any]
) -> None:
    await look(env, world, a_file())

    await look(env, world, a_file(), **values)

    assert len(world.eyes.looks) == 2


async def test_who_comes_while_somebody_looks_is_told_to_come_back(
    env: ActivityEnvironment, world: World
) -> None:
    world.eyes.gate.clear()
    first = asyncio.create_task(look(env, world, a_file()))
    while not world.eyes.asked:
        await asyncio.sleep(0)

    with pytest.raises(BusyError):
        await look(ActivityEnvironment(), world, a_file())

    world.eyes.gate.set()
    seen = await first
    assert await look(ActivityEnvironment(), world, a_file()) == seen
    assert len(world.eyes.looks) == 1


@pytest.mark.parametrize(
    "error", [UnavailableError("away"), RateLimitedError("slow down", timedelta(seconds=1))]
)
async def test_a_look_that_fails_gives_its_claim_back(
    env: ActivityEnvironment, world: World, error: PipelineError
) -> None:
    world.eyes.weather.coming = [error]
    with pytest.raises(type(error)):
        await look(env, world, a_file())

    assert (await look(env, world, a_file())).features_hash


async def test_a_refusal_is_a_skip_with_its_reason_and_stays_one(
    env: ActivityEnvironment, world: World
) -> None:
    world.eyes.weather.coming = [RefusedError("half a picture", "broken_image")]

    seen = [await look(env, world, a_file()) for _ in range(2)]

    assert [s.skipped for s in seen] == ["broken_image"] * 2
    assert world.eyes.looks == []


@pytest.mark.parametrize(("values", "reason"), [
    ({"mime": "video/mp4"}, "unsupported_mime"), ({"missing": "excluded", "object_key": None}, "excluded"),
])  # fmt: skip
async def test_what_the_policy_refuses_is_never_opened(
    env: ActivityEnvironment, world: World, values: dict[str, Any], reason: str
) -> None:
    assert (await look(env, world, a_file(**values))).skipped == reason
    assert world.eyes.asked == 0


async def settle(
    env: ActivityEnvironment, world: World, *files: MediaRef, words: str = ""
) -> tuple[Any, Any]:
    """Look at all files of a post and settle; returns the record and the event."""
    ref: PostRef = a_ref()
    await world.archive.save(ref, an_event(ref), a_timing())
    world.attach(ref, *files, words=words)
    for file in files:
        await look(env, world, file)
    request = VisionRequest(ref=ref, fingerprint="f" * 64, vision_version="v1", media=files)
    record = await env.run(world.seeing.settle_vision, request)
    (event,) = world.archive.committed()
    return record, (event.fields, decode(event.fields))


async def test_all_pictures_of_a_post_are_one_event(env: ActivityEnvironment, world: World) -> None:
    record, (fields, event) = await settle(env, world, a_file("a"), a_file("b"), words="афиша")

    assert record.outcome is Outcome.DONE
    assert fields["event"] == "posts.vision.analyzed"
    assert [len(event["media"]), len(event["results"])] == [2, 2]
    assert words_of(record.output)


async def test_pictures_without_words_leave_no_words(env: ActivityEnvironment, world: World) -> None:
    record, _ = await settle(env, world, a_file())

    assert words_of(record.output) == ""


async def test_a_post_whose_files_were_all_refused_says_each_reason(
    env: ActivityEnvironment, world: World
) -> None:
    files = (a_file("a", mime="video/mp4"), a_file("b", missing="excluded", object_key=None))

    record, (fields, event) = await settle(env, world, *files)

    assert (record.outcome, record.reason) == (Outcome.SKIPPED, "unsupported_mime")
    assert (fields["event"], fields["skipped"]) == ("posts.vision.skipped", "true")
    assert [reason["reason"] for reason in event["reasons"]] == ["unsupported_mime", "excluded"]


async def test_one_refused_file_does_not_hide_the_other(env: ActivityEnvironment, world: World) -> None:
    record, (_, event) = await settle(env, world, a_file("a", mime="video/mp4"), a_file("b"))

    assert record.outcome is Outcome.DONE
    film = {"media_id": a_file("a").sha256, "reason": "unsupported_mime", "details": "video/mp4"}
    assert event["media_summary"] == {"analyzed": 1, "files": 2, "reasons": [film]}


async def test_a_picture_that_nobody_looked_at_is_not_settled(env: ActivityEnvironment, world: World) -> None:
    ref = a_ref()
    await world.archive.save(ref, an_event(ref), a_timing())

    request = VisionRequest(ref=ref, fingerprint="f", vision_version="v1", media=(a_file(),))
    with pytest.raises(UnavailableError, match="was not looked at"):
        await env.run(world.seeing.settle_vision, request)

    assert world.archive.rows[ref.post_id].records == {}
