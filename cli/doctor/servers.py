"""What the doctor finds of database, streams and engine where they are servers of a team's: they are asked."""

from collections.abc import Awaitable
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.postgres.pool import open_pool
from cli.doctor.checks import Finding
from cli.patience import answered
from contracts.errors import PipelineError, UnavailableError
from runtime.settings import Settings
from runtime.temporal import connect

#: Seconds.
_PATIENCE: Final = 10.0
_OF: Final = {
    "PostgreSQL": "POSTLOOM_POSTGRES_DSN",
    "Redis": "POSTLOOM_REDIS_URL",
    "Temporal": "POSTLOOM_TEMPORAL__ADDRESS",
}


async def server_findings(settings: Settings) -> dict[str, Finding]:
    """Return a finding for each of them that is configured, by its name; nothing of those that we start ourselves."""
    dsn, redis, engine = settings.postgres_dsn, settings.redis_url, settings.temporal.address
    found = []
    if dsn:
        address = dsn.get_secret_value()
        found.append(await _asked("PostgreSQL", address, _postgres(address)))
    if redis:
        address = redis.get_secret_value()
        found.append(await _asked("Redis", address, _redis(address)))
    if engine:
        found.append(await _asked("Temporal", engine, _temporal(engine, settings.temporal.namespace)))
    return {finding.name: finding for finding in found}


async def _asked(name: str, address: str, question: Awaitable[None]) -> Finding:
    where = f"configured: {address.rpartition('@')[2]}"
    try:
        await answered(name, question, _PATIENCE)
    except PipelineError as error:
        do = f"start it, or correct {_OF[name]}; without it one of our own is started"
        return Finding(name, ok=False, found=f"{where}: {error}", do=do)
    return Finding(name, ok=True, found=f"{where}, answers")


async def _postgres(dsn: str) -> None:
    pool = await open_pool(dsn, 1)
    await pool.close()


async def _redis(url: str) -> None:
    try:
        async with Redis.from_url(url) as redis:
            await redis.dbsize()
    except (RedisError, OSError) as error:
        raise UnavailableError(f"Redis does not answer: {error}") from error


async def _temporal(address: str, namespace: str) -> None:
    client = await connect(address, namespace)
    await client.count_workflows("ExecutionStatus='Running'")
