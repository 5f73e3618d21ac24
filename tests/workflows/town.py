"""Workers as production has them, over fakes; and how a test waits, counts and looks."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Final, TypeVar

from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError

from contracts.album import AlbumInput, AlbumRef, AlbumResult
from contracts.campaign import CampaignInput, CampaignProgress, Selection
from contracts.channel_photo import ChannelPhotoInput, ChannelPhotoRef, ChannelPhotoResult
from contracts.encoding import decode
from contracts.post import MediaRef, PostInput, PostRef, PostResult
from contracts.reconciling import ReconcileOrder, ReconcileResult
from runtime.settings import WorkerSettings
from tests.build import a_channel_photo_ref, a_file, a_ref, a_tenant, an_album_ref
from tests.fake_world import World
from workers.campaigns import PostWorkflows
from workers.post_signals import PostSignals
from workers.workers import build_workers
from workflows.attributes import NEEDS_HUMAN, STATE
from workflows.campaigning import start_campaign
from workflows.comparing import start_reconcile
from workflows.starting import start_album, start_channel_photo, start_post

#: Nothing in these tests takes longer, unless it is broken.
DEADLINE: Final = 20.0


class Town:
    """A world with workers; every workflow of its tenant is ended with it."""

    def __init__(self, client: Client, world: World) -> None:
        self.client, self.world, self.tenant = client, world, a_tenant()

    def ref(self, message_id: int = 7, grouped_id: int | None = None) -> PostRef:
        return a_ref(message_id, tenant=self.tenant, grouped_id=grouped_id)

    def album_ref(self) -> AlbumRef:
        return an_album_ref(tenant=self.tenant)

    def file(self, name: str = "a", **values: Any) -> MediaRef:
        return a_file(f"{self.tenant}{name}", **values)

    async def start(self, post: PostInput) -> WorkflowHandle[Any, PostResult]:
        await start_post(self.client, post)
        return self.post(post.ref)

    def post(self, ref: PostRef) -> WorkflowHandle[Any, PostResult]:
        return self.client.get_workflow_handle(ref.workflow_id, result_type=PostResult)

    async def run(self, post: PostInput) -> PostResult:
        """Start a post and wait for its end."""
        return await within(self.wait(await self.start(post)))

    async def wait(self, handle: WorkflowHandle[Any, PostResult]) -> PostResult:
        return await handle.result()

    async def start_album(self, album: AlbumInput) -> WorkflowHandle[Any, AlbumResult]:
        await start_album(self.client, album)
        return self.client.get_workflow_handle(album.ref.workflow_id, result_type=AlbumResult)

    async def run_album(self, album: AlbumInput) -> AlbumResult:
        handle = await self.start_album(album)
        return await within(handle.result())

    def photo_ref(self) -> ChannelPhotoRef:
        return a_channel_photo_ref(tenant=self.tenant)

    async def start_photo(self, photo: ChannelPhotoInput) -> WorkflowHandle[Any, ChannelPhotoResult]:
        await start_channel_photo(self.client, photo)
        return self.client.get_workflow_handle(photo.ref.workflow_id, result_type=ChannelPhotoResult)

    async def run_photo(self, photo: ChannelPhotoInput) -> ChannelPhotoResult:
        handle = await self.start_photo(photo)
        return await within(handle.result())

    def campaign(self, **values: Any) -> CampaignInput:
        """A campaign over the tenant's posts, as fast as it can be."""
        known = {
            "campaign_id": "c1", "selection": Selection(tenant_id=self.tenant), "per_second": 200.0,
            "look_again_seconds": 0.1, "stop_seconds": 5.0,
        }  # fmt: skip
        return CampaignInput.model_validate({**known, **values})

    async def start_campaign(self, **values: Any) -> WorkflowHandle[Any, CampaignProgress]:
        return await start_campaign(self.client, self.campaign(**values))

    async def start_reconcile(self, order: ReconcileOrder) -> WorkflowHandle[Any, ReconcileResult]:
        await start_reconcile(self.client, order)
        return self.client.get_workflow_handle(order.workflow_id, result_type=ReconcileResult)

    async def reconcile(self, *, apply: bool = False, **values: Any) -> ReconcileResult:
        """Compare the town's stores and wait for the end."""
        order = ReconcileOrder.model_validate({"tenant_id": self.tenant, "apply": apply, **values})
        handle = await self.start_reconcile(order)
        return await within(handle.result())

    def streams(self) -> list[str]:
        """The streams that were written, without the prefix that all have."""
        return [stream.removeprefix("stream:") for stream in self.world.log.streams()]

    def told_events(self, stream: str) -> list[dict[str, Any]]:
        """What was told on a stream, decoded."""
        entries = self.world.log.entries.values()
        return [decode(event.fields) for event in entries if event.stream == f"stream:{stream}"]

    async def told(self, stream: str) -> None:
        """Wait until something was told on a stream."""

        async def is_told() -> bool:
            return stream in self.streams()

        await until(is_told)

    def runs(self, ref: PostRef) -> list[str]:
        """The stages of a post that left something behind, in order."""
        return self.world.archive.rows[ref.post_id].runs

    async def end(self) -> None:
        """Terminate what still runs."""
        query = f"TgTenant='{self.tenant}' AND ExecutionStatus='Running'"
        async for found in self.client.list_workflows(query):
            with suppress(RPCError):
                await self.client.get_workflow_handle(found.id).terminate()


@asynccontextmanager
async def a_town(client: Client, *, crowd: bool = False) -> AsyncIterator[Town]:
    """Serve all queues over a fresh world while the context is open; with a ``crowd`` posts do as a test says."""
    town = Town(client, World(PostSignals(client), None if crowd else PostWorkflows(client, 1000)))
    settings = WorkerSettings(sandboxed=True)
    async with AsyncExitStack() as stack:
        for worker in build_workers(client, town.world.activities(), settings):
            await stack.enter_async_context(worker)
        try:
            yield town
        finally:
            await town.end()


T = TypeVar("T")


async def within(awaitable: Awaitable[T], seconds: float = DEADLINE) -> T:
    """Return what is awaited, or fail when it takes too long."""
    async with asyncio.timeout(seconds):
        return await awaitable


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = DEADLINE) -> None:
    """Wait for a condition, looking often."""
    async with asyncio.timeout(seconds):
        while not await condition():
            await asyncio.sleep(0.02)


async def parked(handle: WorkflowHandle[Any, Any], state: str = NEEDS_HUMAN) -> list[dict[str, Any]]:
    """Wait until a post, an album or a channel picture is parked in that state; return its problems.

    What it records and tells of that has been tried by then: the engine throws an update's answer away when something
    else ends in the same moment.
    """
    problems: list[dict[str, Any]] = []

    async def is_parked() -> bool:
        described = await handle.describe()
        problems[:] = (await handle.query("status"))["problems"]
        is_shown = described.typed_search_attributes.get(STATE) == state
        return bool(problems) and is_shown and _has_settled(described.raw_description)

    await until(is_parked)
    return problems


def _has_settled(run: DescribeWorkflowExecutionResponse) -> bool:
    is_tried = all(activity.attempt > 1 for activity in run.pending_activities)
    return is_tried and not run.HasField("pending_workflow_task")


async def counted(handle: WorkflowHandle[Any, Any]) -> tuple[int, Counter[str]]:
    """Return how many events a history has, and how often it scheduled each regular activity."""
    history = await handle.fetch_history()
    scheduled = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    names = [
        e.activity_task_scheduled_event_attributes.activity_type.name
        for e in history.events
        if e.event_type == scheduled
    ]
    return len(history.events), Counter(names)
