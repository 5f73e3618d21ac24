"""Real servers for tests: one stack per test run, with room of its own for every module.

* ``stack``: addresses of Temporal, PostgreSQL and Redis, started once
* ``postgres_dsn``: a fresh, migrated database
* ``redis_url``: an empty Redis database
* ``temporal_client``: a client of the default namespace
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from adapters.postgres.schema import migrate
from runtime.embedded.stack import StackAddresses, StackOptions, embedded_stack

_MIGRATIONS = Path(__file__).parents[1] / "deploy" / "migrations"
_TEMPLATE = "migrated"
_REDIS_DATABASES = 63
_numbers = count()


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[StackAddresses]:
    options = StackOptions(data_dir=tmp_path_factory.mktemp("stack"), ui=False, on_progress=print)
    async with embedded_stack(options) as addresses:
        yield addresses


@pytest.fixture(scope="session")
async def _migrated(stack: StackAddresses) -> str:
    await _execute(stack.postgres, f"CREATE DATABASE {_TEMPLATE}")
    await migrate(_sibling(stack.postgres, _TEMPLATE), _MIGRATIONS)
    return stack.postgres


@pytest.fixture(scope="module")
async def postgres_dsn(_migrated: str) -> AsyncIterator[str]:
    name = f"test_{next(_numbers)}"
    await _execute(_migrated, f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
    yield _sibling(_migrated, name)
    await _execute(_migrated, f"DROP DATABASE {name} WITH (FORCE)")


@asynccontextmanager
async def a_database(dsn: str) -> AsyncIterator[str]:
    """An empty database of its own while the context is open."""
    name = f"own_{next(_numbers)}"
    await _execute(dsn, f"CREATE DATABASE {name}")
    try:
        yield _sibling(dsn, name)
    finally:
        await _execute(dsn, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module")
async def redis_url(stack: StackAddresses) -> str:
    url = stack.redis.removesuffix("/0") + f"/{1 + next(_numbers) % _REDIS_DATABASES}"
    async with Redis.from_url(url) as client:
        await client.flushdb()
    return url


@pytest.fixture(scope="session")
async def temporal_client(stack: StackAddresses) -> Client:
    return await Client.connect(stack.temporal, data_converter=pydantic_data_converter)


def _sibling(dsn: str, database: str) -> str:
    return f"{dsn.rpartition('/')[0]}/{database}"


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
