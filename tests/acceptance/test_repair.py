"""The whole service over the sample: a store that loses everything is filled again, and nothing else is done."""

from collections.abc import AsyncIterator
from itertools import groupby
from uuid import UUID

import pytest

from contracts.index import PostNode, VectorPoint
from contracts.reconciling import Kind
from contracts.streams import POSTS_INDEXED, POSTS_PARSED
from starter.starter import GROUP
from tests.acceptance.archive import Archive, an_archive, changed_stages, until
from tests.build import MOMENT

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
async def archive(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Archive]:
    async with an_archive(tmp_path_factory.mktemp("repair")) as archive:
        yield archive


async def test_nothing_differs_when_nothing_was_lost(archive: Archive) -> None:
    result = await archive.reconciled(apply=False)

    assert (result.state, result.differences) == ("same", ())
    assert result.looked > 300


async def test_emptied_vectors_and_graph_are_filled_again_and_nothing_else_runs(archive: Archive) -> None:
    stores = archive.service.stores
    stages, entries, found = await archive.stages(), await archive.entries(), await archive.found()
    graph = await stores.graph.counts(archive.tenant)
    ids = sorted(await stores.vectors.ids(archive.tenant))
    await stores.vectors.delete(archive.tenant, ids)
    for id in ids:
        await stores.graph.delete_post(archive.tenant, id)
    assert await archive.found() == []

    assert await archive.found_and_repaired() == {
        Kind.POINTS: (40, 40),
        Kind.NODES: (40, 40),
        Kind.ALBUM_NODES: (3, 3),
    }

    assert await changed_stages(archive, stages) == {"vectors", "graph"}
    assert await archive.found() == found
    assert await stores.graph.counts(archive.tenant) == graph
    assert await archive.entries() == entries


async def test_what_is_missing_of_one_post_in_one_store_is_repaired_there(archive: Archive) -> None:
    stores, stages = archive.service.stores, await archive.stages()
    first, second, *_ = sorted(await stores.vectors.ids(archive.tenant))
    await stores.vectors.delete(archive.tenant, [first])
    await stores.graph.delete_post(archive.tenant, second)

    assert await archive.found_and_repaired() == {Kind.POINTS: (1, 1), Kind.NODES: (1, 1)}

    after = await archive.stages()
    ran = {key for key, facts in after.items() if facts != stages[key]}
    assert ran == {(first, "vectors"), (second, "graph")}
    assert {after[key][1] - stages[key][1] for key in ran} == {0}


async def test_lost_objects_are_made_again_from_what_is_known(archive: Archive) -> None:
    stages, entries, found = await archive.stages(), await archive.entries(), await archive.found()
    keys = await archive.service.stores.objects.keys("")
    lost = await archive.lose("vision/", "crawl/", "album/")

    repaired = await archive.found_and_repaired()

    assert lost == 22 + 2 * 9 + 3
    assert repaired == {Kind.VISION: (22, 22), Kind.PAGES: (9, 9), Kind.SUMMARIES: (3, 3)}
    assert await archive.service.stores.objects.keys("") == keys
    assert await changed_stages(archive, stages) == {"crawl"}
    assert await archive.entries() == entries
    assert await archive.found() == found


async def test_what_was_seen_is_written_again_byte_for_byte(archive: Archive) -> None:
    objects = archive.service.stores.objects
    key, *_ = await objects.keys("vision/")
    body = await objects.get(key)
    await objects.delete(key)

    await archive.reconciled(apply=True)

    assert await objects.get(key) == body


async def test_lost_files_are_named_and_come_back_with_the_export(archive: Archive) -> None:
    lost = await archive.lose("media/")
    assert await archive.found_and_repaired() == {Kind.MEDIA: (lost, 0)}

    report = await archive.imported()

    assert (report.media["stored"], report.posts_new, report.posts_changed) == (lost, 0, 0)
    assert (await archive.reconciled(apply=False)).state == "same"


async def test_points_and_nodes_of_no_post_are_removed(archive: Archive) -> None:
    stores, nobody = archive.service.stores, UUID(int=1)
    before = await stores.graph.counts(archive.tenant)
    vector = await archive.service.providers.embedders.wanted.vector_of("ничей", ())
    await stores.vectors.put(archive.tenant, [a_point(nobody, vector)])
    await stores.graph.replace_post(a_node(archive.tenant, nobody))

    assert await archive.found_and_repaired() == {Kind.STRAY_POINTS: (1, 1), Kind.STRAY_NODES: (1, 1)}

    assert await stores.vectors.count(archive.tenant) == 40
    assert await stores.graph.counts(archive.tenant) == before


async def test_events_whose_keys_are_gone_are_appended_again(archive: Archive) -> None:
    redis, entries = archive.service.stores.redis, await archive.entries()
    stream = POSTS_INDEXED
    await redis.delete(stream)
    async for key in redis.scan_iter(f"postloom:once:{stream}:*", count=1000):
        await redis.delete(key)

    found = await archive.found_and_repaired()

    assert found == {Kind.EVENTS: (len(entries[stream]),) * 2}
    assert await archive.entries() == entries


async def test_a_redis_that_is_emptied_while_the_service_runs_is_filled_again(archive: Archive) -> None:
    redis, pool = archive.service.stores.redis, archive.service.stores.pool
    stages, entries = await archive.stages(), await archive.entries()
    await redis.flushall()

    async def is_back() -> bool:
        return await archive.entries() == entries

    await until(is_back)
    await archive.settled()

    assert GROUP in [group["name"] for group in await redis.xinfo_groups(POSTS_PARSED)]
    assert await changed_stages(archive, stages) == set()
    rows = await pool.fetch("SELECT aggregate_id, stream_key, entry_id FROM outbox_events ORDER BY 1, 2, id")
    for _, told in groupby(rows, key=lambda row: (row["aggregate_id"], row["stream_key"])):
        places = [tuple(map(int, row["entry_id"].split("-"))) for row in told]
        assert places == sorted(places)
    assert await archive.entries() == entries


def a_point(id: UUID, vector: tuple[float, ...]) -> VectorPoint:
    return VectorPoint(post_id=id, vector=vector, payload={"channel_id": str(UUID(int=2))})


def a_node(tenant: UUID, id: UUID) -> PostNode:
    return PostNode(
        post_id=id, tenant_id=tenant, channel_id=UUID(int=2), tg_channel_id=-1, channel_title=None,
        telegram_message_id=1, content="ничей", posted_at=MOMENT, indexed_at=MOMENT, tags=("ничей",),
    )  # fmt: skip
