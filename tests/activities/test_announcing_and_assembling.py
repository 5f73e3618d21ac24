"""What was committed is told once; albums are put together once."""

import json

import pytest
from temporalio.testing import ActivityEnvironment

from activities.announcing import BridgeActivities
from contracts.album import Assembled, AssembleRequest
from contracts.encoding import decode
from contracts.errors import UnavailableError
from contracts.post import MediaRequest, PostRef, StageRequest
from contracts.stages import Stage
from tests.build import (
    STANDARDS,
    a_file,
    a_ref,
    a_request,
    a_timing,
    an_album_event,
    an_album_ref,
    an_event,
)
from tests.fake_world import World
from tests.fakes import FakeSignals


async def an_indexed_post(env: ActivityEnvironment, world: World) -> PostRef:
    """Tagged and indexed, and nothing told yet."""
    ref = a_ref()
    await world.archive.save(ref, an_event(ref), a_timing())
    await env.run(world.tagging.tag_post, a_request(Stage.TAGS))
    await env.run(world.indexing.index_vectors, a_request(Stage.VECTORS))
    await env.run(world.indexing.link_graph, a_request(Stage.GRAPH))
    return ref


async def test_what_was_committed_is_told_once(env: ActivityEnvironment, world: World) -> None:
    ref = await an_indexed_post(env, world)

    told = [await env.run(world.bridge.announce, str(ref.post_id)) for _ in range(2)]

    assert told == [1, 0]
    assert world.log.streams() == ["stream:posts:tagged"]


async def test_what_was_appended_but_not_marked_is_not_appended_again(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await an_indexed_post(env, world)
    await world.log.append_all([row.event for row in await world.archive.unsent(str(ref.post_id))])

    await env.run(world.bridge.announce, str(ref.post_id))

    assert world.log.streams() == ["stream:posts:tagged"]
    assert await world.archive.unsent(str(ref.post_id)) == []


async def test_what_could_not_be_told_stays_to_be_told(env: ActivityEnvironment, world: World) -> None:
    ref = await an_indexed_post(env, world)
    world.log.weather.coming = [UnavailableError("redis: away")]

    with pytest.raises(UnavailableError):
        await env.run(world.bridge.announce, str(ref.post_id))

    assert len(await world.archive.unsent(str(ref.post_id))) == 1


async def test_an_indexed_post_is_announced_once_for_its_version(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await an_indexed_post(env, world)

    for _ in range(2):
        await env.run(world.bridge.announce_indexed, ref)

    assert world.log.streams() == ["stream:posts:tagged", "stream:posts:indexed"]
    assert world.archive.rows[ref.post_id].concluded == "indexed"


async def test_a_post_indexed_anew_is_announced_anew(env: ActivityEnvironment, world: World) -> None:
    ref = await an_indexed_post(env, world)
    await env.run(world.bridge.announce_indexed, ref)
    await env.run(world.indexing.index_vectors, a_request(Stage.VECTORS, fingerprint="f2"))

    await env.run(world.bridge.announce_indexed, ref)

    assert world.log.streams().count("stream:posts:indexed") == 2


async def an_album_of(env: ActivityEnvironment, world: World, count: int) -> tuple[PostRef, ...]:
    """Items that arrived and were looked at."""
    refs = tuple(a_ref(number, grouped_id=555) for number in range(1, count + 1))
    for ref in refs:
        file = a_file(str(ref.message_id))
        await world.archive.save(ref, an_event(ref), a_timing())
        world.attach(ref, file, words=f"табличка {ref.message_id}")
        request = MediaRequest(tenant_id=ref.tenant_id, media=file, vision_version="v1")
        await env.run(world.seeing.analyze_media, request)
    await world.albums.save(an_album_ref(), an_album_event(posts=refs))
    return refs


async def assemble(env: ActivityEnvironment, world: World, fingerprint: str = "f1") -> Assembled:
    request = AssembleRequest(ref=an_album_ref(), fingerprint=fingerprint)
    return await env.run(world.assembling.assemble_album, request)


async def test_an_album_is_an_object_a_node_and_an_event(env: ActivityEnvironment, world: World) -> None:
    refs = await an_album_of(env, world, 2)

    assembled = await assemble(env, world)

    (event,) = [decode(event.fields) for event in world.archive.committed()]
    assert assembled.caption_post == refs[0]
    assert world.graph.albums[555].post_ids == tuple(ref.post_id for ref in refs)
    assert json.loads(world.objects.kept[event["s3_key"]])["vision_summary"] == event["vision_summary"]
    assert (event["album_id"], event["items_count"], event["items_analyzed"]) == (42, 2, 2)


async def test_albums_that_two_producers_gave_one_number_are_two_objects(
    env: ActivityEnvironment, world: World
) -> None:
    await an_album_of(env, world, 2)

    await assemble(env, world)

    ours = (await world.albums.material(an_album_ref(), STANDARDS)).album_id
    (key,) = [key for key in world.objects.kept if key.startswith("album/")]
    assert key.endswith(f"/{ours}_vision_summary_v1.json")


async def test_the_same_assembly_again_writes_nothing(env: ActivityEnvironment, world: World) -> None:
    await an_album_of(env, world, 2)
    first = await assemble(env, world)
    world.graph.albums.clear()

    assert await assemble(env, world) == first
    assert world.graph.albums == {}
    assert len(world.archive.committed()) == 1


async def test_another_assembly_is_another_event(env: ActivityEnvironment, world: World) -> None:
    await an_album_of(env, world, 2)

    for fingerprint in ("f1", "f2"):
        await assemble(env, world, fingerprint)

    keys = [event.idempotency_key for event in world.archive.committed()]
    assert len(set(keys)) == 2


async def test_an_announced_album_has_its_captions_post_look_again(
    env: ActivityEnvironment, world: World
) -> None:
    refs = await an_album_of(env, world, 2)
    signals = FakeSignals()
    bridge = BridgeActivities(world.archive, world.log, world.archive, world.parks, signals, world.leftovers)

    await env.run(bridge.announce_assembled, await assemble(env, world))

    assert world.log.streams() == ["stream:album:assembled"]
    assert [(ref, why.reason) for ref, why in signals.refreshed] == [(refs[0], "album_assembled")]


@pytest.mark.parametrize(("missing", "asked"), [((), 0), (("item 3",), 1)])
async def test_a_post_that_ends_has_its_partial_album_look_again(
    env: ActivityEnvironment, world: World, missing: tuple[str, ...], asked: int
) -> None:
    refs = await an_album_of(env, world, 2)
    request = AssembleRequest(ref=an_album_ref(), fingerprint="f1", missing=missing)
    await env.run(world.assembling.assemble_album, request)
    signals = FakeSignals()
    bridge = BridgeActivities(world.archive, world.log, world.archive, world.parks, signals, world.leftovers)
    for stage, work in (
        (Stage.VECTORS, world.indexing.index_vectors),
        (Stage.GRAPH, world.indexing.link_graph),
    ):
        await env.run(work, StageRequest(ref=refs[1], stage=stage, fingerprint="v"))

    await env.run(bridge.announce_indexed, refs[1])

    assert [ref.workflow_id for ref in signals.albums] == [an_album_ref().workflow_id] * asked
