"""A house: a data folder with servers of its own and a service process that can be killed and started again."""

import asyncio
import contextlib
import multiprocessing
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from multiprocessing import forkserver
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from temporalio.client import Client
from temporalio.service import RPCError

from adapters.folder import FolderStore
from adapters.postgres.door import Directory
from adapters.postgres.pool import open_pool
from adapters.postgres.schema import migrate
from cli.running import Reach, ServiceRecord, record_path
from contracts.errors import UnavailableError
from contracts.identity import tenant_id
from contracts.streams import POSTS_PARSED
from examples.site import HOST
from ingest.importer import import_export
from ingest.options import ImportOptions, ImportReport
from runtime.temporal import connect
from tests.chaos.orders import Orders
from tests.chaos.servers import Servers
from workers.policies import DEFAULT
from workers.stores import MIGRATIONS

PATIENCE: Final = 60.0
ROOT: Final = Path(__file__).parents[2]
#: What a server that is away may do to a question of ours.
OUTAGES: Final = (
    OSError, TimeoutError, UnavailableError, RPCError, RedisConnectionError, asyncpg.PostgresError,
    asyncpg.InterfaceError,
)  # fmt: skip


@cache
def _forks() -> Any:
    """Return what starts processes. It loads the modules when it begins, and finds them by PYTHONPATH alone."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.chaos.preloaded"])
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), before)))
    try:
        forkserver.ensure_running()
    finally:
        del os.environ["PYTHONPATH"]
        if before:
            os.environ["PYTHONPATH"] = before
    return context


#: One host has all pages of a fault, within minutes.
_PAGES: Final = re.compile(r"^  (per_tenant_daily|per_domain_hourly): \d+$", re.MULTILINE)


def _policies(folder: Path) -> Path:
    """Return the usual policies in a file, with room for every page."""
    text, count = _PAGES.subn(r"  \1: 100000", DEFAULT.read_text(encoding="utf-8"))
    assert count == 2
    (folder / "policies.yaml").write_text(text, encoding="utf-8")
    return folder / "policies.yaml"


class NothingHappenedError(Exception):
    """What was waited for did not come; the sentence says what."""


async def until(what: str, condition: Callable[[], Awaitable[bool]], seconds: float = PATIENCE) -> None:
    """Wait for a condition; a server that is away meanwhile is waited for too.

    Raises:
        NothingHappenedError: it did not come within ``seconds``.
    """
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(*OUTAGES):
            if await condition():
                return
        if time.monotonic() > end:
            raise NothingHappenedError(f"{what}: not within {seconds:.0f} s")
        await asyncio.sleep(0.1)


@dataclass(frozen=True)
class Connections:
    """Ours to the servers of a house, beside those of its service."""

    pool: Any = None
    redis: Any = None
    client: Any = None

    async def close(self) -> None:
        """Let go of them."""
        if self.pool is not None:
            self.pool.terminate()
            await self.redis.aclose()


@dataclass
class House:
    """Everything of one data folder. Questions go to the real servers, never to the service."""

    folder: Path
    servers: Servers | None
    to: Connections
    settings: dict[str, Any] = field(default_factory=dict)
    process: Any = None
    tenants: dict[str, UUID] = field(default_factory=dict)

    @property
    def pool(self) -> asyncpg.Pool:
        """The database."""
        pool: asyncpg.Pool = self.to.pool
        return pool

    @property
    def redis(self) -> Redis:
        """The streams."""
        redis: Redis = self.to.redis
        return redis

    @property
    def client(self) -> Client:
        """The workflow engine."""
        client: Client = self.to.client
        return client

    @property
    def machines(self) -> Servers:
        """The servers, where they are not the service's own."""
        if self.servers is None:
            raise NothingHappenedError("the servers belong to the service")
        return self.servers

    @property
    def orders(self) -> Orders:
        """What the service process is told to suffer."""
        return Orders(self.folder)

    async def tenant(self, name: str) -> UUID:
        """Return a tenant, made when it is not there."""
        if name not in self.tenants:
            self.tenants[name] = tenant_id(name)
            await Directory(self.pool).add_tenant(self.tenants[name], name)
        return self.tenants[name]

    async def start(self) -> None:
        """Start the service and return once it is ready; servers of its own may answer elsewhere than before.

        Raises:
            NothingHappenedError: it ended, or was not ready in time.
        """
        self.launch()
        await until("the service is ready", self._is_ready)
        if self.servers is None:
            await self.to.close()
            self.to = await _connected(self.reach())

    def launch(self) -> None:
        """Start the service, and do not wait."""
        from tests.chaos.service_process import main  # noqa: PLC0415  heavy, and needed in the child alone

        given = {
            "data_dir": self.folder, "http_port": 0, "vision": {"ocr": False},
            "policies": _policies(self.folder), **self.settings,
        }  # fmt: skip
        self.process = _forks().Process(target=main, args=(given,), daemon=True)
        self.process.start()

    async def _is_ready(self) -> bool:
        if self.process.exitcode is not None:
            raise NothingHappenedError(
                f"the service ended with {self.process.exitcode}: see {self.folder}/logs"
            )
        return record_path(self.folder).exists() and self._record().process.pid == self.process.pid

    def reach(self) -> Reach:
        """Return where the running service answers."""
        return self._record().reach

    def _record(self) -> ServiceRecord:
        return ServiceRecord.model_validate_json(record_path(self.folder).read_bytes())

    async def died(self, seconds: float = PATIENCE) -> bool:
        """Wait until the service process has ended; False when it lives on."""
        await asyncio.to_thread(self.process.join, seconds)
        return self.process.exitcode is not None

    async def kill(self) -> None:
        """Kill the service with -9."""
        os.kill(self.process.pid, signal.SIGKILL)
        await self.died()

    async def stop(self) -> int:
        """Ask the service to stop; return its exit status."""
        if self.process.exitcode is None:
            self.process.terminate()
            await self.died()
        return int(self.process.exitcode)

    async def leave(self) -> None:
        """Stop what runs and let go of everything."""
        if self.process is not None and self.process.exitcode is None:
            await self.stop()
        await self.to.close()

    async def bring(self, export: Path, tenant: UUID | None = None) -> ImportReport:
        """Import an export, as the command does; without a tenant for the one of the house."""
        options = ImportOptions(path=export, tenant_id=tenant or await self.tenant("town"))
        objects = FolderStore(self.folder / "objects")
        return await import_export(options, self.pool, objects, lambda _: None)

    async def write(self, *entries: Mapping[str, str], stream: str = POSTS_PARSED) -> None:
        """Append entries as any producer may."""
        async with self.redis.pipeline(transaction=False) as pipe:
            for entry in entries:
                fields: Any = dict(entry)
                pipe.xadd(stream, fields)
            await pipe.execute()


@asynccontextmanager
async def a_house(folder: Path, site: str = "", **settings: Any) -> AsyncIterator[House]:
    """Start the servers of a folder; the service is started by whoever wants it. Links of HOST lead to ``site``."""
    folder.mkdir(parents=True, exist_ok=True)
    servers = await Servers.started(folder)
    try:
        await migrate(servers.dsn, MIGRATIONS)
        given = {
            "temporal": {"address": servers.temporal, "ui": False}, "postgres_dsn": servers.dsn,
            "redis_url": servers.redis, "crawl": {"resolve": {HOST: site}} if site else {}, **settings,
        }  # fmt: skip
        reach = Reach(temporal=servers.temporal, postgres=servers.dsn, redis=servers.redis)
        house = House(folder, servers, await _connected(reach), given)
        try:
            yield house
        finally:
            await house.leave()
    finally:
        await servers.stop()


@asynccontextmanager
async def a_house_of_one(folder: Path, site: str = "", **settings: Any) -> AsyncIterator[House]:
    """Start the service with its servers as its children: what kills it kills them all."""
    folder.mkdir(parents=True, exist_ok=True)
    given = {"temporal": {"ui": False}, "crawl": {"resolve": {HOST: site}} if site else {}, **settings}
    house = House(folder, None, await _connected(None), given)
    try:
        await house.start()
        yield house
    finally:
        await house.leave()


async def _connected(reach: Reach | None) -> Connections:
    if reach is None:
        return Connections()
    pool = await open_pool(reach.postgres or "", size=4)
    retry = Retry(ConstantBackoff(0.2), 50)
    redis: Redis = Redis.from_url(reach.redis or "", decode_responses=True, retry=retry)
    return Connections(pool, redis, await connect(reach.temporal or "", "default"))
