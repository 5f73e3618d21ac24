"""The whole service in one process: servers, stores, workers, relay, starter, and the local port."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import structlog
from temporalio.client import Client
from temporalio.worker import Interceptor, Worker

from activities.restoring import Restorer
from adapters.postgres.channel_photos import ChannelPhotoArchive
from adapters.postgres.door import Directory
from adapters.postgres.outbox_sent import SentOutbox
from adapters.postgres.paid_vectors import PaidVectorMemory
from adapters.postgres.vectors import VectorRecords
from adapters.redis_streams.log import EventLog
from adapters.redis_streams.marker import MarkerKey
from adapters.redis_streams.reader import StreamReader
from adapters.redis_streams.watch import trim
from contracts.errors import UnavailableError
from contracts.streams import STREAMS
from domain.policy import Policies
from ingest.guard import Guard
from ingest.relay import Relay
from runtime.embedded.errors import StackError
from runtime.embedded.stack import StackAddresses, StackOptions, embedded_stack
from runtime.settings import Settings
from runtime.temporal import connect, register_search_attributes
from starter.channel_photos import ChannelPhotoStarter, photo_handler
from starter.door import Door
from starter.gate import Gate
from starter.starter import GROUP, HANDLERS, Starter, count_open
from workers.activities import activities_by_queue
from workers.around import NOTHING, Around
from workers.embedders import settle_embedder
from workers.filling import switch_forever
from workers.parts import Parts
from workers.policies import load_policies
from workers.providers import Providers, local_providers
from workers.remote import Paying, open_remote, with_remote
from workers.spending import lose_forever, meter
from workers.stores import Stores, open_stores
from workers.workers import build_workers

log = structlog.get_logger(__name__)

#: Seconds between two looks at the lengths of the streams.
TRIM_EVERY: Final = 60.0
CONSUMER: Final = "starter-1"


class ServiceError(Exception):
    """A part of the service ended that should not have; the message says which and why."""


@dataclass
class Service:
    """A running service: where everything answers, and its parts by name."""

    settings: Settings
    addresses: StackAddresses
    stores: Stores
    providers: Providers
    policies: Policies
    client: Client
    tasks: dict[str, asyncio.Task[Any]] = field(default_factory=dict)
    failure: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def run(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        """Run a part until the service stops; its end is the end of the service."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._part_ended)
        self.tasks[name] = task

    def _part_ended(self, task: "asyncio.Task[Any]") -> None:
        if task.cancelled():
            return
        error = task.exception()
        log.error("part ended", part=task.get_name(), error=repr(error) if error else None, exc_info=error)
        self.fail(f"{task.get_name()} ended: {error or 'without a word'}")

    def fail(self, why: str) -> None:
        """End the service with a sentence."""
        if not self.failure.done():
            self.failure.set_result(why)

    async def stop_parts(self) -> None:
        """Stop every part that is not a worker, newest first."""
        for task in reversed(self.tasks.values()):
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)


@asynccontextmanager
async def running_service(
    settings: Settings, on_progress: Callable[[str], None], *, reading: bool = True, around: Around = NOTHING
) -> AsyncIterator[Service]:
    """Run everything while the context is open; ``reading`` False leaves the streams unread.

    ``around`` is put between the parts and what they use; nothing, unless somebody measures or hurts them.

    Raises:
        StackError: a server is missing or does not start, or the folder is in use.
        SettingsError: the policy file cannot be used.
        UnavailableError: a configured server does not answer.
    """
    policies = load_policies(settings.policies)
    started: list[Service] = []
    async with AsyncExitStack() as stack:
        options = _stack_options(settings, on_progress, lambda error: _fail(started, error))
        addresses = await stack.enter_async_context(embedded_stack(options))
        on_progress("Opening the stores and loading the local libraries.")
        await settle_embedder(settings)
        stores = await stack.enter_async_context(open_stores(settings, addresses.postgres, addresses.redis))
        stores = around.stores(stores)
        providers = around.providers(await _providers(stack, settings, policies, stores))
        client = await connect(addresses.temporal, settings.temporal.namespace)
        if settings.temporal.address:
            await register_search_attributes(client)
        service = Service(settings, addresses, stores, providers, policies, client)
        started.append(service)
        for worker in _workers(service, around.interceptors):
            await stack.enter_async_context(_serving(worker, service))
        stack.push_async_callback(service.stop_parts)
        _run_parts(service, reading=reading)
        yield service


def _fail(services: Sequence[Service], error: StackError) -> None:
    for service in services:
        service.fail(str(error))


async def _providers(
    stack: AsyncExitStack, settings: Settings, policies: Policies, stores: Stores
) -> Providers:
    """Return who does the thinking; other people's models are asked through the meter."""
    local = await asyncio.to_thread(local_providers, settings, policies)
    remote = await stack.enter_async_context(open_remote(settings, policies))
    paying = Paying(meter(stores.pool, policies.spending), PaidVectorMemory(stores.pool))
    return with_remote(local, remote, paying, settings, policies)


def _stack_options(
    settings: Settings, on_progress: Callable[[str], None], on_failure: Callable[[StackError], Any]
) -> StackOptions:
    return StackOptions(
        data_dir=settings.data_dir,
        temporal_address=settings.temporal.address,
        postgres_dsn=settings.postgres_dsn.get_secret_value() if settings.postgres_dsn else None,
        redis_url=settings.redis_url.get_secret_value() if settings.redis_url else None,
        temporal_cli=settings.temporal.cli,
        ui=settings.temporal.ui,
        namespace=settings.temporal.namespace,
        on_progress=on_progress,
        on_failure=on_failure,
    )


def _workers(service: Service, interceptors: Sequence[Interceptor]) -> list[Worker]:
    room = service.settings.starter.low
    parts = Parts(service.client, service.stores, service.providers, service.policies, room)
    activities, together = activities_by_queue(parts), service.providers.together
    return build_workers(
        service.client, activities, service.settings.workers, interceptors, together=together
    )


@asynccontextmanager
async def _serving(worker: Worker, service: Service) -> AsyncIterator[None]:
    """Serve a queue while the context is open; a worker that dies ends the service."""
    running = asyncio.create_task(worker.run(), name=f"worker {worker.task_queue}")
    running.add_done_callback(
        lambda task: None if _ended_well(task) else service.fail(f"{task.get_name()} ended")
    )
    service.tasks[running.get_name()] = running
    try:
        yield
    finally:
        service.tasks.pop(running.get_name(), None)
        await worker.shutdown()
        await asyncio.gather(running, return_exceptions=True)


def _ended_well(task: "asyncio.Task[None]") -> bool:
    return task.cancelled() or task.exception() is None


def guard_of(stores: Stores) -> Guard:
    """Return the guard; before it has looked once, Redis takes no event of ours."""
    restorer = Restorer(SentOutbox(stores.pool), EventLog(stores.redis))
    return Guard(MarkerKey(stores.redis, stores.marker), restorer)


def _run_parts(service: Service, *, reading: bool) -> None:
    stores, settings, client = service.stores, service.settings, service.client
    service.run("guard", guard_of(stores).run())
    service.run("relay", Relay(stores.pool, stores.events).run())
    service.run("trim", _trim_forever(service))
    service.run("switch", switch_forever(stores.vectors, VectorRecords(stores.pool)))
    service.run("spending", lose_forever(stores.pool, service.policies.spending))
    if not reading:
        return
    door = Door(Directory(stores.pool), settings.album_deadline_seconds)
    gate = Gate(lambda: count_open(client), settings.starter.high, settings.starter.low)
    for stream, handler in HANDLERS.items():
        reader = StreamReader(stores.redis, stream, GROUP, CONSUMER)
        starter = Starter(reader, handler(client, door), gate, settings.starter.batch)
        service.run(f"starter {stream}", starter.run())
    photos = ChannelPhotoStarter(ChannelPhotoArchive(stores.pool), photo_handler(client))
    service.run("starter channel pictures", photos.run())


async def _trim_forever(service: Service) -> None:
    while True:
        for stream in STREAMS:
            try:
                gone = await trim(service.stores.redis, stream)
            except UnavailableError as error:
                log.warning("streams not trimmed", error=str(error))
                break
            if gone:
                log.info("stream trimmed", stream=stream, entries=gone)
        await asyncio.sleep(TRIM_EVERY)
