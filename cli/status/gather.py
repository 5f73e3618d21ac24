"""Everything that ``postloom status`` shows, gathered from the stores and the running service."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final

import asyncpg
import httpx
from redis.asyncio import Redis
from temporalio.client import Client

from adapters.postgres.reporting import Reports
from adapters.redis_streams.log import connect as connect_redis
from adapters.redis_streams.watch import StreamInfo, describe
from cli.patience import PATIENCE, answered
from cli.running import Reach, archive, engine, needed, reach
from cli.spending_policy import shown_policy
from cli.status.spending import spending
from cli.workflow_counts import open_workflows, parked_by_reason
from contracts.errors import UnavailableError
from contracts.streams import STREAMS, dead_letters
from domain.spending import SpendingPolicy
from runtime.settings import Settings
from workflows.attributes import DEFERRED, NEEDS_HUMAN

Facts = dict[str, Any]
#: Seconds; the figures of a large archive take a while to count.
ARCHIVE_PATIENCE: Final = 20.0


@dataclass(frozen=True)
class Sources:
    """Open connections to ask."""

    settings: Settings
    where: Reach
    pool: asyncpg.Pool
    redis: Redis
    client: Client | None
    web: httpx.AsyncClient
    spending: SpendingPolicy


@asynccontextmanager
async def sources(settings: Settings) -> AsyncIterator[Sources]:
    """Open what status asks. An engine that does not answer is left out.

    Raises:
        CommandError: no service runs.
    """
    where = reach(settings)
    redis = connect_redis(needed(where.redis, settings))
    async with archive(settings, PATIENCE) as pool, httpx.AsyncClient(timeout=15, trust_env=False) as web:
        try:
            yield Sources(settings, where, pool, redis, await _engine(settings), web, shown_policy(settings))
        finally:
            await answered("Redis", redis.aclose())


async def _engine(settings: Settings) -> Client | None:
    try:
        return await answered("the workflow engine", engine(settings))
    except UnavailableError:
        return None


async def gather(ask: Sources) -> Facts:
    """Return all facts, as ``status --json`` writes them; None stands for what does not answer.

    Raises:
        UnavailableError: the archive does not answer.
    """
    records, streams, workflows, service, fills = await asyncio.gather(
        answered("PostgreSQL", _records(ask), ARCHIVE_PATIENCE),
        _streams(ask.redis),
        _workflows(ask.client),
        _service(ask),
        _fills(ask),
    )
    return {
        "service": service,
        "addresses": addresses(ask.where),
        **records,
        "fills": fills,
        "streams": streams,
        "workflows": workflows,
    }


async def _records(ask: Sources) -> Facts:
    reports = Reports(ask.pool)
    return {
        "posts": await reports.posts(),
        "unfinished": await reports.unfinished(),
        "stages": await reports.stages(),
        "albums": await reports.albums(),
        "channel_pictures": await reports.channel_pictures(),
        "outbox": await reports.outbox(),
        "spending": await spending(ask.pool, ask.spending),
    }


def addresses(where: Reach) -> dict[str, str]:
    """Return where things answer, without passwords."""
    known = where.model_dump(exclude={"namespace"}, exclude_none=True)
    return {name: _public(address) for name, address in known.items()}


def _public(address: str) -> str:
    scheme, separator, rest = address.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else address


async def _streams(redis: Redis) -> list[Facts] | None:
    try:
        return await answered("Redis", _described(redis))
    except UnavailableError:
        return None


async def _described(redis: Redis) -> list[Facts]:
    return [
        _stream(await describe(redis, stream), await describe(redis, dead_letters(stream)))
        for stream in STREAMS
    ]


def _stream(info: StreamInfo, buried: StreamInfo) -> Facts:
    return {
        "stream": info.stream,
        "length": info.length,
        "dead_letters": buried.length,
        "groups": [asdict(group) for group in info.groups],
    }


async def _workflows(client: Client | None) -> Facts | None:
    """Return the open workflows by kind and state, and by reason how many are stuck and how many are deferred."""
    if client is None:
        return None
    try:
        return await answered("the workflow engine", _counted(client))
    except UnavailableError:
        return None


async def _counted(client: Client) -> Facts:
    counts = await open_workflows(client)
    stuck, deferred = await asyncio.gather(
        parked_by_reason(client, NEEDS_HUMAN), parked_by_reason(client, DEFERRED)
    )
    return {"open": counts, "stuck": stuck, "deferred": deferred}


async def _service(ask: Sources) -> Facts:
    """Return what the service says of its own parts and stores."""
    if ask.where.http is None:
        return {"running": False, "ready": False, "checks": {}}
    try:
        answer = await ask.web.get(f"{ask.where.http}/readyz")
        return {"running": True, **answer.json()}
    except (httpx.HTTPError, ValueError) as error:
        why = f"{type(error).__name__}"
        return {"running": True, "ready": False, "checks": {"local port": {"ok": False, "why": why}}}


async def _fills(ask: Sources) -> list[Facts] | None:
    """Return the collections of vectors that are being filled; only a running service can tell."""
    if ask.where.http is None:
        return None
    try:
        answer = await ask.web.get(f"{ask.where.http}/fills")
        found: list[Facts] = answer.raise_for_status().json()["fills"]
    except (httpx.HTTPError, ValueError):
        return None
    return found
