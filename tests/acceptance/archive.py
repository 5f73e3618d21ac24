"""A service with the sample in it, and what a test may ask of both."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from adapters.postgres.door import Directory
from cli.service import Service, running_service
from cli.whole import search_of
from contracts.reconciling import Kind, ReconcileOrder, ReconcileResult
from contracts.streams import ALBUMS_PARSED, POSTS_PARSED, STREAMS
from examples.site import HOST, DemoSite
from ingest.importer import import_export
from ingest.options import ImportOptions, ImportReport
from runtime.settings import CrawlSettings, Settings, TemporalSettings
from tests.build import a_tenant
from workers.around import NOTHING, Around
from workers.questions import Question
from workflows.comparing import start_reconcile
from workflows.reconcile import ReconcileWorkflow

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


@asynccontextmanager
async def an_archive(folder: Path, around: Around = NOTHING, **settings: Any) -> AsyncIterator[Archive]:
    """The service over a folder, with everything of the sample done."""
    async with DemoSite(SAMPLE / "pages") as site:
        given = Settings(
            data_dir=folder,
            temporal=TemporalSettings(ui=False),
            crawl=CrawlSettings(resolve={HOST: site.address}),
            **settings,
        )
        async with running_service(given, print, around=around) as service:
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
