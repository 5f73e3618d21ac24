"""What a running service leaves in ``<data>/run/service.json``, and how commands reach it."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
from pydantic import BaseModel, ValidationError
from temporalio.client import Client

from adapters.postgres.pool import migrate, open_pool
from cli.errors import CommandError
from cli.service import Service
from runtime.embedded.files import write_whole
from runtime.processes import ProcessRecord, find_process, record_of
from runtime.settings import Settings
from runtime.temporal import connect
from workers.stores import MIGRATIONS


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


def remember(service: Service, http: str) -> Path:
    """Write down where the service answers; return the file."""
    process = record_of("postloom", os.getpid(), signal.SIGTERM)
    if process is None:
        raise CommandError("this process cannot be found in the list of processes")
    addresses = service.addresses
    reach = Reach(
        http=http,
        temporal=addresses.temporal,
        temporal_ui=addresses.temporal_ui,
        namespace=service.settings.temporal.namespace,
        postgres=addresses.postgres,
        redis=addresses.redis,
    )
    path = _path(service.settings.data_dir)
    write_whole(path, ServiceRecord(process=process, reach=reach).model_dump_json().encode())
    return path


def running(settings: Settings) -> ServiceRecord | None:
    """Return the service that runs in the data folder, None when there is none."""
    try:
        record = ServiceRecord.model_validate_json(_path(settings.data_dir).read_bytes())
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
            f"no service runs in {settings.data_dir.absolute()}: start it with `postloom up` and leave it running"
        )
    return address


@asynccontextmanager
async def archive(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """Open the database of the running service, or the configured one, brought up to date.

    Raises:
        CommandError: no service runs and none is configured.
        UnavailableError: it does not answer.
    """
    dsn = needed(reach(settings).postgres, settings)
    if running(settings) is None:
        await migrate(dsn, MIGRATIONS)
    pool = await open_pool(dsn, size=4)
    try:
        yield pool
    finally:
        await pool.close()


async def engine(settings: Settings) -> Client:
    """Return a client of the workflow engine. Raises as ``archive``."""
    where = reach(settings)
    return await connect(needed(where.temporal, settings), where.namespace)


def _path(data_dir: Path) -> Path:
    return data_dir / "run" / "service.json"
