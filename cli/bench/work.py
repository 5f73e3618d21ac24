"""The benchmark's run: the whole path on the embedded stack, then the floor, on the same servers."""

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final
from uuid import UUID

import psutil
from pydantic import BaseModel, ConfigDict

from adapters.postgres.door import Directory
from cli.bench.floor import measure_floor
from cli.bench.mix import Mix, write_export
from cli.service import Service, running_service
from contracts.encoding import decode
from contracts.identity import tenant_id
from contracts.streams import POSTS_INDEXED, POSTS_PARSED
from examples.site import HOST, DemoSite
from ingest.importer import import_export
from ingest.options import ImportOptions
from runtime.settings import Settings

TENANT: Final = "bench"
#: Seconds after which the benchmark gives up.
PATIENCE: Final = 300.0
SITE: Final = Path(__file__).parents[2] / "examples" / "city_channel" / "pages"


class Figures(BaseModel):
    """What was measured. Times in seconds, memory in MiB, latency from the entry in posts.parsed to posts.indexed."""

    model_config = ConfigDict(frozen=True)

    posts: int
    mix: Mix
    seconds: float
    posts_per_second: float
    floor_per_second: float
    ratio: float
    events_per_workflow: dict[str, float]
    activities_per_workflow: dict[str, float]
    cpu_seconds: dict[str, float]
    memory_mib: dict[str, float]
    vision: str
    latency_p50: float
    latency_p95: float


async def measure(settings: Settings, posts: int, say: Callable[[str], None]) -> Figures:
    """Run the benchmark in an empty folder of its own and return its figures."""
    shutil.rmtree(settings.data_dir, ignore_errors=True)
    mix = Mix.of(posts)
    say(f"Drawing an export of {mix.posts} posts.")
    export = write_export(settings.data_dir / "export", mix)
    async with DemoSite(SITE) as site:
        crawl = settings.crawl.model_copy(update={"resolve": {HOST: site.address}})
        vision = settings.vision.model_copy(update={"ocr": False})
        settings = settings.model_copy(update={"crawl": crawl, "vision": vision})
        async with running_service(settings, say) as service:
            return await _measured(service, export, mix, say)


async def _measured(service: Service, export: Path, mix: Mix, say: Callable[[str], None]) -> Figures:
    tenant = tenant_id(TENANT)
    await Directory(service.stores.pool).add_tenant(tenant, TENANT)
    before = _processes()
    say(f"{mix.posts} posts through the whole path.")
    options = ImportOptions(path=export, tenant_id=tenant)
    await import_export(options, service.stores.pool, service.stores.objects, lambda _: None)
    await _all_done(service, tenant, mix.posts)
    after = _processes()
    latencies, seconds = await _latencies(service)
    events, activities, shapes = await _histories(service)
    say("The floor: the same numbers of activities that do nothing.")
    floor = await measure_floor(service.client, shapes, service.settings.starter.low)
    return Figures(
        posts=mix.posts, mix=mix, seconds=seconds, posts_per_second=mix.posts / seconds,
        floor_per_second=len(shapes) / floor * (mix.posts / len(shapes)),
        ratio=floor / seconds, events_per_workflow=events, activities_per_workflow=activities,
        cpu_seconds={name: after[name][0] - before.get(name, (0.0, 0.0))[0] for name in after},
        memory_mib={name: usage[1] for name, usage in after.items()},
        vision=service.providers.vision.model,
        latency_p50=median(latencies), latency_p95=quantiles(latencies, n=20)[-1],
    )  # fmt: skip


async def _all_done(service: Service, tenant: UUID, posts: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        done = await service.stores.pool.fetchval(
            "SELECT count(*) FROM posts WHERE tenant_id = $1 AND is_processed", tenant
        )
        if done >= posts and (await service.client.count_workflows("ExecutionStatus='Running'")).count == 0:
            return
        await asyncio.sleep(0.25)
    raise TimeoutError(f"the posts were not done within {PATIENCE:.0f} seconds")


async def _latencies(service: Service) -> tuple[list[float], float]:
    """Return the seconds from posts.parsed to the first posts.indexed of each post, and from first to last entry."""
    begun = dict(await _moments(service, POSTS_PARSED))
    ended: dict[str, float] = {}
    last = 0.0
    for key, at in await _moments(service, POSTS_INDEXED):
        ended.setdefault(key, at)
        last = max(last, at)
    return [ended[key] - begun[key] for key in ended if key in begun], last - min(begun.values())


async def _moments(service: Service, stream: str) -> list[tuple[str, float]]:
    entries = await service.stores.redis.xrange(stream)
    return [(str(decode(fields)["post_id"]), int(id.partition("-")[0]) / 1000) for id, fields in entries]


async def _histories(service: Service) -> tuple[dict[str, float], dict[str, float], list[str]]:
    """Return events and activities by kind of workflow, and for every run the shape of its activities."""
    events: dict[str, list[int]] = {}
    activities: dict[str, list[int]] = {}
    shapes: list[str] = []
    async for run in service.client.list_workflows("WorkflowType IN ('PostWorkflow', 'AlbumWorkflow')"):
        history = await service.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        shape = _shape(history.events)
        kind = run.workflow_type.removesuffix("Workflow").lower()
        events.setdefault(kind, []).append(len(history.events))
        activities.setdefault(kind, []).append(shape.count("R") + 2 * shape.count("P"))
        shapes.append(shape)
    return _means(events), _means(activities), shapes


def _shape(events: Any) -> str:
    """Return the activities of a history as the floor runs them; two that wait side by side count as a pair."""
    steps: list[str] = []
    waiting = 0
    for event in events:
        if event.HasField("marker_recorded_event_attributes"):
            steps.append("L")
        elif event.HasField("activity_task_scheduled_event_attributes"):
            waiting += 1
            steps.append("R")
            if waiting == 2 and steps[-2:] == ["R", "R"]:
                steps[-2:] = ["P"]
        elif event.HasField("activity_task_completed_event_attributes"):
            waiting -= 1
    return "".join(steps)


def _means(values: dict[str, list[int]]) -> dict[str, float]:
    return {name: sum(found) / len(found) for name, found in values.items()}


def _processes() -> dict[str, tuple[float, float]]:
    """Return CPU seconds and MiB of this process and of the servers it started, by name."""
    own = psutil.Process()
    usage: dict[str, tuple[float, float]] = {"postloom": _usage(own)}
    for child in own.children(recursive=True):
        try:
            name, (cpu, memory) = child.name().partition("-")[0], _usage(child)
        except psutil.Error:
            continue
        known = usage.get(name, (0.0, 0.0))
        usage[name] = (known[0] + cpu, known[1] + memory)
    return usage


def _usage(process: psutil.Process) -> tuple[float, float]:
    """Return CPU seconds and MiB; memory that processes share is counted once, where the system can tell."""
    times, memory = process.cpu_times(), process.memory_full_info()
    return times.user + times.system, getattr(memory, "pss", memory.rss) / 2**20
