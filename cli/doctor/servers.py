"""What the doctor finds of database, streams and engine where they are servers of a team's: they are asked."""

from collections.abc import Awaitable, Callable
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


async def asked(settings: Settings, finding: Finding) -> Finding:
    """Return the finding of a server that is configured, now that it was asked; any other as it is."""
    ask = _QUESTIONS.get(finding.name)
    if ask is None or not finding.ok or not finding.found.startswith("configured"):
        return finding
    try:
        await answered(finding.name, ask(settings), _PATIENCE)
    except PipelineError as error:
        return Finding(finding.name, ok=False, found=f"{finding.found}: {error}", do=_DO[finding.name])
    return Finding(finding.name, ok=True, found=f"{finding.found}, answers")


async def _postgres(settings: Settings) -> None:
    if settings.postgres_dsn:
        pool = await open_pool(settings.postgres_dsn.get_secret_value(), 1)
        await pool.close()


async def _redis(settings: Settings) -> None:
    if settings.redis_url is None:
        return
    try:
        async with Redis.from_url(settings.redis_url.get_secret_value()) as redis:
            await redis.dbsize()
    except (RedisError, OSError) as error:
        raise UnavailableError(f"Redis does not answer: {error}") from error


async def _temporal(settings: Settings) -> None:
    if settings.temporal.address:
        client = await connect(settings.temporal.address, settings.temporal.namespace)
        await client.count_workflows("ExecutionStatus='Running'")


_QUESTIONS: Final[dict[str, Callable[[Settings], Awaitable[None]]]] = {
    "PostgreSQL": _postgres,
    "Redis": _redis,
    "Temporal": _temporal,
}
_DO: Final = {
    "PostgreSQL": "start it, or correct POSTLOOM_POSTGRES_DSN; without it one of our own is started",
    "Redis": "start it, or correct POSTLOOM_REDIS_URL; without it one of our own is started",
    "Temporal": "start it, or correct POSTLOOM_TEMPORAL__ADDRESS; without it one of our own is started",
}
