"""What a running service leaves in ``<data>/run/service.json``, and how commands reach it."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import asyncpg
from pydantic import BaseModel, ValidationError

from adapters.postgres.pool import open_pool
from cli.errors import CommandError
from cli.patience import answered
from runtime.processes import ProcessRecord, find_process
from runtime.settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

#: Seconds that the database may take to open its door; after a crash it reads its log first.
OPENING: Final = 10.0


class Reach(BaseModel, frozen=True):
    """Where things answer; None where nothing runs and nothing is configured."""

    http: str | None = None
    temporal: str | None = None
    temporal_ui: str | None = None
    namespace: str = "default"
    postgres: str | None = None
    redis: str | None = None


class ServiceRecord(BaseModel, frozen=True):
    """A service that runs. The file is readable by its user alone: the database's address holds its password."""

    process: ProcessRecord
    reach: Reach


def running(settings: Settings) -> ServiceRecord | None:
    """Return the service that runs in the data folder, None when there is none."""
    try:
        record = ServiceRecord.model_validate_json(record_path(settings.data_dir).read_bytes())
    except (OSError, ValidationError):
        return None
    return record if find_process(record.process) else None


def reach(settings: Settings) -> Reach:
    """Return how the running service is reached; without one, what is configured."""
    record = running(settings)
    if record is not None:
        return record.reach
    return Reach(
        temporal=settings.temporal.address,
        namespace=settings.temporal.namespace,
        postgres=settings.postgres_dsn.get_secret_value() if settings.postgres_dsn else None,
        redis=settings.redis_url.get_secret_value() if settings.redis_url else None,
    )


def needed(address: str | None, settings: Settings) -> str:
    """Return the address.

    Raises:
        CommandError: there is none, because no service runs.
    """
    if address is None:
        raise CommandError(
            f"no service runs in {settings.data_dir.absolute()}: start it with `postloom up` and leave it running; "
            "when it runs in another folder, name that one: POSTLOOM_DATA_DIR=folder"
        )
    return address


@asynccontextmanager
async def archive(settings: Settings, patience: float = OPENING) -> AsyncIterator[asyncpg.Pool]:
    """Open the database of the running service, or the configured one, brought up to date; ``patience`` in seconds.

    Raises:
        CommandError: no service runs and none is configured.
        UnavailableError: it does not answer.
    """
    dsn = needed(reach(settings).postgres, settings)
    if running(settings) is None:
        from adapters.postgres.schema import migrate
        from workers.stores import MIGRATIONS

        await migrate(dsn, MIGRATIONS)
    pool = await answered("PostgreSQL", open_pool(dsn, size=4), patience)
    try:
        yield pool
    finally:
        await answered("PostgreSQL", pool.close())


async def engine(settings: Settings) -> "Client":
    """Return a client of the workflow engine. Raises as ``archive``."""
    from runtime.temporal import connect

    # What the SDK has to say of an engine that does not answer, we say ourselves.
    logging.getLogger("temporalio").addHandler(logging.NullHandler())
    where = reach(settings)
    return await connect(needed(where.temporal, settings), where.namespace)


def record_path(data_dir: Path) -> Path:
    """Return the file that says where the service of a data folder answers."""
    return data_dir / "run" / "service.json"
