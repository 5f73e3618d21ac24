"""The one-machine stack: Temporal, PostgreSQL and Redis as children of this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from pydantic import BaseModel

from runtime.embedded.account import choose_account
from runtime.embedded.errors import StackError
from runtime.embedded.files import RunFolder
from runtime.embedded.ports import choose_ports, our_turn
from runtime.embedded.postgres import Postgres
from runtime.embedded.redis import redis_server, redis_url
from runtime.embedded.servers import Servers
from runtime.embedded.temporal import Temporal
from runtime.embedded.temporal_binary import TemporalBinary, temporal_binary

_STOP_ORDER = ("temporal", "redis", "postgres")
_NEW_VERSION = "The Temporal server is now {}: its list of workflows begins empty, the archive itself stays."
_log = structlog.get_logger(__name__)


class StackAddresses(BaseModel, frozen=True):
    """Where everything answers."""

    temporal: str
    temporal_ui: str | None
    postgres: str
    redis: str


def _log_failure(error: StackError) -> None:
    _log.error("server given up", reason=str(error))


class StackOptions(BaseModel, frozen=True):
    """What to start: a server with a configured address is used as it is, and nothing is started for it."""

    data_dir: Path
    temporal_address: str | None = None
    postgres_dsn: str | None = None
    redis_url: str | None = None
    temporal_cli: Path | None = None
    ui: bool = True
    namespace: str = "default"
    #: Told, in sentences for people, what takes time.
    on_progress: Callable[[str], None] = lambda _: None
    #: Told once when a server dies again and again and is given up.
    on_failure: Callable[[StackError], None] = _log_failure


@asynccontextmanager
async def embedded_stack(options: StackOptions) -> AsyncIterator[StackAddresses]:
    """Run the servers while the context is open; their data stays in the folder.

    Raises:
        AlreadyRunningError: another process runs them from the same folder.
        StackError: a server is missing or does not start.
    """
    data_dir = options.data_dir.absolute()
    run = RunFolder(data_dir)
    with run.locked():
        servers = Servers(run, options.on_failure, options.on_progress)
        try:
            if ours := _ours(options):
                options.on_progress(f"Starting {ours}.")
            if await servers.end_leftovers():
                options.on_progress("Ended the servers that an earlier start had left behind.")
            binary = await _temporal_binary(options)
            async with our_turn():
                ports = _ports(run, options)
                addresses = await _start_all(options, servers, ports, binary)
            yield addresses
        finally:
            await servers.stop(_STOP_ORDER)


def _ours(options: StackOptions) -> str:
    """Return the names of the servers that we start, for people."""
    given = {
        "Temporal": options.temporal_address,
        "PostgreSQL": options.postgres_dsn,
        "Redis": options.redis_url,
    }
    names = [name for name, address in given.items() if not address]
    return " and ".join([*filter(None, [", ".join(names[:-1])]), *names[-1:]])


def _ports(run: RunFolder, options: StackOptions) -> dict[str, int]:
    """Return the ports of this start, remembered for the next one; people are told of those that have changed."""
    before, ports = run.ports(), choose_ports(run.ports())
    run.remember_ports(ports)
    changed = [
        f"{name} {ports[name]} (was {port})" for name, port in before.items() if ports.get(name, port) != port
    ]
    if changed:
        options.on_progress(f"Ports that differ from last time: {', '.join(changed)}.")
    return ports


async def _temporal_binary(options: StackOptions) -> TemporalBinary | None:
    if options.temporal_address:
        return None
    return await temporal_binary(options.temporal_cli, options.on_progress)


async def _start_all(
    options: StackOptions,
    servers: Servers,
    ports: dict[str, int],
    binary: TemporalBinary | None,
) -> StackAddresses:
    temporal, postgres, redis = await _all(
        _temporal(options, servers, ports, binary),
        _postgres(options, servers, ports["postgres"]),
        _redis(options, servers, ports["redis"]),
    )
    ours = options.ui and binary is not None
    return StackAddresses(
        temporal=temporal,
        temporal_ui=f"http://127.0.0.1:{ports['ui']}" if ours else None,
        postgres=postgres,
        redis=redis,
    )


async def _temporal(
    options: StackOptions,
    servers: Servers,
    ports: dict[str, int],
    binary: TemporalBinary | None,
) -> str:
    if binary is None:
        return options.temporal_address or ""
    temporal = Temporal(options.data_dir.absolute(), ports, options.namespace)
    if temporal.is_new_version(binary):
        options.on_progress(_NEW_VERSION.format(binary.server_version))
    await servers.start(temporal.server(binary, options.ui))
    return temporal.address


async def _postgres(options: StackOptions, servers: Servers, port: int) -> str:
    if options.postgres_dsn:
        return options.postgres_dsn
    postgres = Postgres(options.data_dir.absolute(), port, await choose_account())
    await servers.start(await postgres.server())
    return postgres.dsn


async def _redis(options: StackOptions, servers: Servers, port: int) -> str:
    if options.redis_url:
        return options.redis_url
    await servers.start(redis_server(options.data_dir.absolute(), port))
    return redis_url(port)


async def _all(*starts: Coroutine[None, None, str]) -> list[str]:
    """Return all results once every start has come to its end, so that none goes on behind our back."""
    results = await asyncio.gather(*starts, return_exceptions=True)
    failures = [result for result in results if isinstance(result, BaseException)]
    if failures:
        raise failures[0]
    return [result for result in results if isinstance(result, str)]
