"""Everything that ``postloom status`` shows, gathered from the stores and the running service."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

import asyncpg
import httpx
from redis.asyncio import Redis
from temporalio.client import Client

from adapters.postgres.reporting import Reports
from adapters.redis_streams.log import connect as connect_redis
from adapters.redis_streams.watch import StreamInfo, describe
from cli.running import Reach, archive, engine, needed, reach
from cli.workflow_counts import open_workflows, stuck
from contracts.errors import UnavailableError
from contracts.streams import STREAMS, dead_letters
from runtime.settings import Settings

Facts = dict[str, Any]


@dataclass(frozen=True)
class Sources:
    """Open connections to ask."""

    settings: Settings
    where: Reach
    pool: asyncpg.Pool
    redis: Redis
    client: Client | None
    web: httpx.AsyncClient


@asynccontextmanager
async def sources(settings: Settings) -> AsyncIterator[Sources]:
    """Open what status asks. An engine that does not answer is left out.

    Raises:
        CommandError: no service runs.
    """
    where = reach(settings)
    redis = connect_redis(needed(where.redis, settings))
    async with archive(settings) as pool, httpx.AsyncClient(timeout=15, trust_env=False) as web:
        try:
            yield Sources(settings, where, pool, redis, await _engine(settings), web)
        finally:
            await redis.aclose()


async def _engine(settings: Settings) -> Client | None:
    try:
        return await engine(settings)
    except UnavailableError:
        return None


async def gather(ask: Sources) -> Facts:
    """Return all facts, as ``status --json`` writes them."""
    reports = Reports(ask.pool)
    streams, workflows, service = await asyncio.gather(
        _streams(ask.redis), _workflows(ask.client), _service(ask)
    )
    return {
        "service": service,
        "addresses": addresses(ask.where),
        "posts": await reports.posts(),
        "unfinished": await reports.unfinished(),
        "stages": await reports.stages(),
        "albums": await reports.albums(),
        "outbox": await reports.outbox(),
        "streams": streams,
        "workflows": workflows,
    }


def addresses(where: Reach) -> dict[str, str]:
    """Return where things answer, without passwords."""
    known = where.model_dump(exclude={"namespace"}, exclude_none=True)
    return {name: _public(address) for name, address in known.items()}


def _public(address: str) -> str:
    scheme, separator, rest = address.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else address


async def _streams(redis: Redis) -> list[Facts]:
    infos = [
        (await describe(redis, stream), await describe(redis, dead_letters(stream))) for stream in STREAMS
    ]
    return [_stream(info, buried) for info, buried in infos]


def _stream(info: StreamInfo, buried: StreamInfo) -> Facts:
    return {
        "stream": info.stream,
        "length": info.length,
        "dead_letters": buried.length,
        "groups": [asdict(group) for group in info.groups],
    }


async def _workflows(client: Client | None) -> Facts | None:
    """Return the open workflows by kind and state, and how many are stuck for which reason."""
    if client is None:
        return None
    try:
        counts, waiting = await open_workflows(client), await stuck(client)
    except UnavailableError:
        return None
    return {"open": counts, "stuck": dict(Counter(waiting.values()))}


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
