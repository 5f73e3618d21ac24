"""The whole service over the sample: a store that loses everything is filled again, and nothing else is done."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from adapters.postgres.door import Directory
from cli.service import Service, running_service
from cli.whole import search_of
from contracts.index import PostNode, VectorPoint
from contracts.reconciling import Kind, ReconcileOrder, ReconcileResult
from contracts.streams import ALBUMS_PARSED, POSTS_INDEXED, POSTS_PARSED, STREAMS
from examples.site import HOST, DemoSite
from ingest.importer import import_export
from ingest.options import ImportOptions, ImportReport
from runtime.settings import CrawlSettings, Settings, TemporalSettings
from starter.starter import GROUP
from tests.build import MOMENT, a_tenant
from workers.questions import Question
from workflows.comparing import start_reconcile
from workflows.reconcile import ReconcileWorkflow

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]

SAMPLE = Path(__file__).parents[2] / "examples" / "city_channel"
DEADLINE = 120.0


@dataclass(frozen=True)
class Archive:
    """A running service with the sample in it."""

    service: Service
    tenant: UUID

    async def imported(self) -> ImportReport:
        options = ImportOptions(path=SAMPLE, tenant_id=self.tenant)
        return await import_export(
            options, self.service.stores.pool, self.service.stores.objects, lambda _: None
        )

    async def reconciled(self, *, apply: bool) -> ReconcileResult:
        order = ReconcileOrder(tenant_id=self.tenant, apply=apply)
        await start_reconcile(self.service.client, order)
        handle = self.service.client.get_workflow_handle_for(ReconcileWorkflow.run, order.workflow_id)
        async with asyncio.timeout(DEADLINE):
            result: ReconcileResult = await handle.result()
        await self.settled()
        return result

    async def found_and_repaired(self) -> dict[Kind, tuple[int, int]]:
        """Compare, then repair; return what was found and what was repaired, which the first look must agree with."""
        looked, repaired = await self.reconciled(apply=False), await self.reconciled(apply=True)
        assert [(d.kind, d.count) for d in looked.differences] == [
            (d.kind, d.count) for d in repaired.differences
        ]
        assert all(difference.repaired == 0 for difference in looked.differences)
        return {each.kind: (each.count, each.repaired) for each in repaired.differences}

    async def is_settled(self) -> bool:
        """Whether everything was read, told and has ended."""
        stores = self.service.stores
        for stream in (POSTS_PARSED, ALBUMS_PARSED):
            groups = await stores.redis.xinfo_groups(stream) if await stores.redis.exists(stream) else []
            last = await stores.redis.xrevrange(stream, count=1)
            if not last or [(g["pending"], g["last-delivered-id"]) for g in groups] != [(0, last[0][0])]:
                return False
        unsent = await stores.pool.fetchval("SELECT count(*) FROM outbox_events WHERE processed_at IS NULL")
        running = await self.service.client.count_workflows("ExecutionStatus='Running'")
        return not unsent and running.count == 0

    async def settled(self) -> None:
        await until(self.is_settled)

    async def stages(self) -> dict[tuple[UUID, str], Any]:
        """When each stage of each post ended last, and how often it counts."""
        rows = await self.service.stores.pool.fetch("SELECT post_id, stage, ended_at, runs FROM post_stages")
        return {(row["post_id"], row["stage"]): (row["ended_at"], row["runs"]) for row in rows}

    async def entries(self) -> dict[str, list[tuple[tuple[str, str], ...]]]:
        """What stands in each stream, in an order that does not depend on which post came first."""
        redis = self.service.stores.redis
        return {
            stream: sorted(tuple(sorted(fields.items())) for _, fields in await redis.xrange(stream))
            for stream in STREAMS
        }

    async def found(self) -> list[tuple[UUID, float]]:
        """What a search finds, with scores as far as they do not depend on how numbers lie in memory."""
        answer = await search_of(self.service).search(
            Question(text="ремонт моста", tenant="repair", limit=20)
        )
        return [(hit.post_id, round(hit.score, 6)) for hit in answer.hits]

    async def lose(self, *prefixes: str) -> int:
        """Lose the objects with these prefixes; return how many that were."""
        objects = self.service.stores.objects
        keys = [key for prefix in prefixes for key in await objects.keys(prefix)]
        for key in keys:
            await objects.delete(key)
        return len(keys)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not await condition():
            await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
async def archive(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Archive]:
    async with DemoSite(SAMPLE / "pages") as site:
        settings = Settings(
            data_dir=tmp_path_factory.mktemp("repair"),
            temporal=TemporalSettings(ui=False),
            crawl=CrawlSettings(resolve={HOST: site.address}),
        )
        async with running_service(settings, print) as service:
            tenant = a_tenant()
            await Directory(service.stores.pool).add_tenant(tenant, "repair")
            archive = Archive(service, tenant)
            await archive.imported()
            await archive.settled()
            yield archive


async def changed_stages(archive: Archive, before: dict[tuple[UUID, str], Any]) -> set[str]:
    """The stages that ran since then."""
    after = await archive.stages()
    assert set(after) == set(before)
    return {stage for (id, stage), facts in after.items() if facts != before[id, stage]}


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
    [vector] = await archive.service.providers.embedders.wanted.embed(["ничей"])
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
