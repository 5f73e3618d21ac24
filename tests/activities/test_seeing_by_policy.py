"""One picture in posts that the policy treats differently: each has what it should have, and nobody pays twice."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from contracts.channel_photo import ChannelPhotoState
from contracts.encoding import decode
from contracts.errors import BudgetExhaustedError, RefusedError, UnavailableError
from contracts.identity import channel_id
from contracts.post import MediaRef, MediaRequest, MediaSeen, PostRef, VisionRequest
from contracts.stages import Outcome, Stage, StageRecord
from domain import build
from domain.policy import Policies
from tests.build import (
    CHANNEL,
    MOMENT,
    TENANT,
    a_channel_photo_ref,
    a_file,
    a_ref,
    a_timing,
    an_album_event,
    an_album_ref,
    an_event,
    some_facts,
)
from tests.fake_world import POLICIES, World

SPENT = BudgetExhaustedError("nothing is left for today", datetime(2026, 3, 2, tzinfo=UTC))
#: What each channel is for: pictures of all others are analysed.
RULES = [
    {"name": "memes", "when": {"channels": ["@memes"]}, "then": "skip"},
    {"name": "scans", "when": {"channels": ["@scans"]}, "then": "ocr"},
    {"name": "alone", "when": {"text_shorter_than": 5}, "then": "skip", "reason": "no_text_beside"},
]


def policies(**vision: Any) -> Policies:
    return Policies.model_validate({"crawl": POLICIES.crawl, "vision": {"rules": RULES, **vision}})


@pytest.fixture
def world() -> World:
    return World(policies=policies(), ocr=True)


def a_post_in(world: World, channel: str, number: int = 7) -> PostRef:
    """Who a post is in a channel of that username."""
    tg_channel_id = CHANNEL - sum(channel.encode())
    id = channel_id(TENANT, tg_channel_id)
    world.archive.channels[id] = (channel, None)
    ref = a_ref(number).model_copy(update={"channel_id": id, "tg_channel_id": tg_channel_id})
    return ref.model_copy(update={"post_id": channel_id(id, number)})


async def saved(world: World, channel: str, *files: MediaRef, number: int = 7, **values: Any) -> PostRef:
    ref = a_post_in(world, channel, number)
    await world.archive.save(ref, an_event(ref, **values), a_timing())
    world.attach(ref, *(files or (a_file(),)), words="вывеска")
    return ref


async def converge(env: ActivityEnvironment, world: World, ref: PostRef) -> StageRecord | None:
    """What the workflow of a post does about its pictures; None when the stage is fresh."""
    state = await world.archive.state(ref, world.standards)
    if not build.is_stale(state, Stage.VISION):
        return None
    for media in state.media:
        await look(env, world, media, ref)
    request = VisionRequest(
        ref=ref, fingerprint=build.fingerprint(state, Stage.VISION), vision_version=state.versions.vision,
        media=state.media,
    )  # fmt: skip
    return await env.run(world.seeing.settle_vision, request)


async def look(env: ActivityEnvironment, world: World, media: MediaRef, ref: PostRef) -> MediaSeen:
    request = MediaRequest(tenant_id=ref.tenant_id, media=media, vision_version="v1", post_id=ref.post_id)
    return await env.run(world.seeing.analyze_media, request)


async def models(world: World, ref: PostRef) -> list[str | None]:
    """Who saw what the post's later stages read."""
    material = await world.archive.material(ref, "v1")
    return [picture.facts.model if picture.facts else None for picture in material.pictures]


def files(world: World, ref: PostRef) -> list[dict[str, Any]]:
    recorded: dict[str, dict[str, Any]] = world.archive.rows[ref.post_id].results[Stage.VISION]["files"]
    return list(recorded.values())


def told(world: World, ref: PostRef) -> dict[str, Any]:
    """The latest event about the pictures of a post."""
    events = [decode(event.fields) for event in world.archive.committed()]
    return [event for event in events if event["post_id"] == str(ref.post_id)][-1]


def calls(world: World) -> tuple[int, int]:
    """How often the provider and the reader of words were asked."""
    assert world.reader is not None
    return world.eyes.asked, world.reader.asked


@pytest.mark.parametrize("order", [("news", "memes"), ("memes", "news")])
async def test_a_picture_that_one_channel_skips_is_looked_at_for_another(
    env: ActivityEnvironment, world: World, order: tuple[str, str]
) -> None:
    refs = {channel: await saved(world, channel) for channel in order}

    records = {channel: await converge(env, world, refs[channel]) for channel in order}

    news, memes = records["news"], records["memes"]
    assert news is not None and memes is not None
    assert (news.outcome, news.reason) == (Outcome.DONE, None)
    assert (memes.outcome, memes.reason) == (Outcome.SKIPPED, "channel_skipped")
    assert [await models(world, refs[channel]) for channel in ("news", "memes")] == [["eyes"], [None]]
    assert [reason["reason"] for reason in told(world, refs["memes"])["reasons"]] == ["channel_skipped"]
    assert calls(world) == (1, 0)


async def test_words_are_read_for_one_post_and_the_picture_is_analysed_for_another(
    env: ActivityEnvironment, world: World
) -> None:
    scan, news = await saved(world, "scans"), await saved(world, "news")

    read, seen = await converge(env, world, scan), await converge(env, world, news)

    assert read is not None and seen is not None
    assert (read.outcome, read.reason, seen.reason) == (Outcome.DONE, "ocr_only", None)
    assert (await models(world, scan), await models(world, news)) == (["ocr"], ["eyes"])
    assert files(world, scan) == [{"how": "ocr", "version": "ocr1", "reason": "ocr_only", "rule": "scans"}]
    assert told(world, scan)["media_summary"]["reasons"][0]["reason"] == "ocr_only"
    assert "reasons" not in told(world, news)["media_summary"]
    assert calls(world) == (1, 1)


async def test_an_analysis_that_is_there_already_is_as_good_as_its_words(
    env: ActivityEnvironment, world: World
) -> None:
    news, scan = await saved(world, "news"), await saved(world, "scans")
    await converge(env, world, news)

    record = await converge(env, world, scan)

    assert record is not None
    assert (record.reason, await models(world, scan)) == (None, ["eyes"])
    assert files(world, scan)[0]["wanted"] == "ocr"
    assert calls(world) == (1, 0)


async def test_what_a_post_has_does_not_change_because_another_had_it_analysed_later(
    env: ActivityEnvironment, world: World
) -> None:
    scan, news = await saved(world, "scans"), await saved(world, "news")
    await converge(env, world, scan)

    await converge(env, world, news)

    assert await models(world, scan) == ["ocr"]
    assert await converge(env, world, scan) is None


async def test_two_posts_that_are_read_alike_are_read_once(env: ActivityEnvironment, world: World) -> None:
    refs = [await saved(world, "scans", number=number) for number in (1, 2)]

    for ref in refs:
        await converge(env, world, ref)

    assert calls(world) == (0, 1)


async def test_a_picture_that_the_provider_refused_can_still_be_read(
    env: ActivityEnvironment, world: World
) -> None:
    news, scan = await saved(world, "news"), await saved(world, "scans")
    world.eyes.weather.coming = [RefusedError("not this one", "blacklist")]

    refused, read = await converge(env, world, news), await converge(env, world, scan)

    assert refused is not None and read is not None
    assert (refused.reason, read.reason) == ("blacklist", "ocr_only")
    assert files(world, news)[0]["wanted"] == "analyse"


async def test_an_edit_that_changes_the_treatment_has_the_picture_looked_at(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await saved(world, "news", text="Да")
    first = await converge(env, world, ref)
    world.archive.rows[ref.post_id].event = an_event(ref)

    second = await converge(env, world, ref)

    assert first is not None and second is not None
    assert (first.reason, second.reason) == ("no_text_beside", None)
    assert await models(world, ref) == ["eyes"]


LOOSE, STRICT = policies(rules=[]), policies(rules=[{"name": "none", "then": "skip"}])


async def test_a_changed_policy_runs_the_stage_again_and_pays_for_nothing_that_is_known(
    env: ActivityEnvironment, world: World
) -> None:
    refs = [await saved(world, channel) for channel in ("news", "memes", "scans")]
    for ref in refs:
        await converge(env, world, ref)
    known = calls(world)

    reasons: dict[str, list[str | None]] = {}
    for name, policy in (("strict", STRICT), ("loose", LOOSE), ("as before", policies())):
        world.use(policy)
        done = [await converge(env, world, ref) for ref in refs]
        reasons[name] = [record.reason if record else "fresh" for record in done]

    assert reasons == {
        "strict": ["policy_skipped"] * 3,
        "loose": [None, None, None],
        "as before": ["fresh", "channel_skipped", None],
    }
    assert calls(world) == known


async def test_a_changed_policy_leaves_alone_what_it_treats_as_before(
    env: ActivityEnvironment, world: World
) -> None:
    refs = {channel: await saved(world, channel) for channel in ("news", "memes", "scans")}
    for ref in refs.values():
        await converge(env, world, ref)

    world.use(policies(rules=[rule for rule in RULES if rule["name"] != "scans"], max_image_mb=7))

    stale = [channel for channel, ref in refs.items() if await converge(env, world, ref)]
    assert stale == ["scans"]


@pytest.mark.parametrize(("vision", "raises"), [({}, True), ({"when_budget_is_spent": "ocr"}, False)])
async def test_a_spent_budget_waits_or_has_the_words_read(
    env: ActivityEnvironment, vision: dict[str, Any], raises: bool
) -> None:
    world = World(policies=policies(**vision), ocr=True)
    ref = await saved(world, "news")
    world.eyes.weather.always = SPENT

    if raises:
        with pytest.raises(BudgetExhaustedError):
            await converge(env, world, ref)
        assert world.looks.claims == {}
        return
    record = await converge(env, world, ref)

    assert record is not None
    assert (record.outcome, record.reason, await models(world, ref)) == (Outcome.DONE, "ocr_budget", ["ocr"])
    assert files(world, ref)[0]["wanted"] == "analyse"
    assert world.archive.rows[ref.post_id].findings["vision"]["analysis_reason"] == "ocr_budget"


async def test_what_is_only_promised_to_others_is_waited_for_by_whoever_would_have_ocr_else(
    env: ActivityEnvironment,
) -> None:
    world = World(policies=policies(when_budget_is_spent="ocr"), ocr=True)
    world.eyes.weather.always = BudgetExhaustedError("promised", MOMENT, is_spent=False)

    with pytest.raises(BudgetExhaustedError):
        await converge(env, world, await saved(world, "news"))


async def test_once_there_is_money_again_the_next_post_has_the_picture_analysed(
    env: ActivityEnvironment,
) -> None:
    world = World(policies=policies(when_budget_is_spent="ocr"), ocr=True)
    poor, rich = await saved(world, "news", number=1), await saved(world, "news", number=2)
    world.eyes.weather.coming = [SPENT]

    records = [await converge(env, world, ref) for ref in (poor, rich)]

    assert [record.reason for record in records if record] == ["ocr_budget", None]
    assert await models(world, rich) == ["eyes"]


async def test_without_a_reader_a_spent_budget_waits_and_what_is_only_read_is_skipped(
    env: ActivityEnvironment,
) -> None:
    world = World(policies=policies(when_budget_is_spent="ocr"))
    scan, news = await saved(world, "scans"), await saved(world, "news")
    world.eyes.weather.always = SPENT

    record = await converge(env, world, scan)
    with pytest.raises(BudgetExhaustedError):
        await converge(env, world, news)

    assert record is not None
    assert (record.outcome, record.reason) == (Outcome.SKIPPED, "ocr_unavailable")


async def test_a_reader_that_went_away_meanwhile_is_a_failure_and_no_skip(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await saved(world, "scans")
    [media] = (await world.archive.state(ref, world.standards)).media

    with pytest.raises(UnavailableError):
        await look(env, World(), media, ref)


async def test_of_several_pictures_each_is_told_with_its_reason(env: ActivityEnvironment) -> None:
    world = World(policies=policies(per_post_max_images=1), ocr=True)
    ref = await saved(world, "news", *(a_file(f"{n}", position=n) for n in range(3)))

    await converge(env, world, ref)

    summary = told(world, ref)["media_summary"]
    assert (summary["analyzed"], summary["files"]) == (1, 3)
    assert [reason["reason"] for reason in summary["reasons"]] == ["too_many_images"] * 2
    assert calls(world) == (1, 0)


@pytest.mark.parametrize(("channel", "model", "skipped"), [
    ("news", "eyes", None), ("scans", "ocr", None), ("memes", None, "channel_skipped"),
])  # fmt: skip
async def test_an_album_has_of_each_item_what_its_post_has(
    env: ActivityEnvironment, world: World, channel: str, model: str | None, skipped: str | None
) -> None:
    ref = await saved(world, channel)
    album = an_album_ref().model_copy(update={"channel_id": ref.channel_id})
    await world.albums.save(album, an_album_event(album, (ref,)))
    [item] = (await world.albums.state(album, world.standards)).items
    assert item.media is not None

    seen = await look(env, world, item.media, ref)

    [item] = (await world.albums.state(album, world.standards)).items
    [material] = (await world.albums.material(album, world.standards)).items
    assert (item.seen or "", item.skipped) == (seen.features_hash, seen.skipped)
    assert (material.facts.model if material.facts else None, item.skipped) == (model, skipped)


async def test_an_item_that_was_only_read_for_want_of_money_is_looked_at_again_and_shown_meanwhile(
    env: ActivityEnvironment,
) -> None:
    world = World(policies=policies(when_budget_is_spent="ocr"), ocr=True)
    ref, album = await saved(world, "news"), an_album_ref()
    await world.albums.save(album, an_album_event(album, (ref,)))
    world.eyes.weather.always = SPENT
    [item] = (await world.albums.state(album, world.standards)).items
    assert item.media is not None

    await look(env, world, item.media, ref)

    [item] = (await world.albums.state(album, world.standards)).items
    [material] = (await world.albums.material(album, world.standards)).items
    assert (item.seen, item.skipped) == (None, None)
    assert material.facts is not None
    assert material.facts.model == "ocr"


CHANNELS_OWN: list[tuple[Callable[[], list[dict[str, Any]]], str | None, str | None]] = [
    (list, None, "eyes"),
    (lambda: [{"name": "r", "when": {"channels": ["Город"]}, "then": "skip"}], "channel_skipped", None),
    (lambda: [{"name": "r", "when": {"channels": [CHANNEL]}, "then": "ocr"}], None, "ocr"),
    (lambda: [{"name": "r", "when": {"text_has_words": False}, "then": "skip"}], "policy_skipped", None),
]


@pytest.mark.parametrize(("rules", "skipped", "model"), CHANNELS_OWN)
async def test_a_channels_own_picture_is_treated_by_its_channel_and_has_no_text(
    env: ActivityEnvironment,
    rules: Callable[[], list[dict[str, Any]]],
    skipped: str | None,
    model: str | None,
) -> None:
    world, ref = World(policies=policies(rules=rules()), ocr=True), a_channel_photo_ref()
    world.channel_photos.files[ref.photo_id] = a_file()

    found: ChannelPhotoState = await env.run(world.portraying.find_channel_photo, ref)
    request = MediaRequest(tenant_id=ref.tenant_id, media=found.media, vision_version=found.vision_version)
    seen = await env.run(world.seeing.analyze_media, request)
    await env.run(world.portraying.record_channel_photo, found)

    [node] = world.graph.channel_photos.values()
    assert seen.skipped == skipped
    assert node.image.provider == (some_facts().provider if model else None)
    assert calls(world) == (int(model == "eyes"), int(model == "ocr"))


async def test_a_request_of_before_is_answered_by_the_bytes_alone(
    env: ActivityEnvironment, world: World
) -> None:
    film, picture = a_file(mime="video/mp4"), a_file("b")

    seen = [
        await env.run(
            world.seeing.analyze_media, MediaRequest(tenant_id=TENANT, media=media, vision_version="v1")
        )
        for media in (film, picture)
    ]

    assert [one.skipped for one in seen] == ["unsupported_mime", None]
