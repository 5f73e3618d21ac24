"""The archive over a database of the module's own."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from adapters.postgres.pool import open_pool
from adapters.postgres.posts import PostArchive
from contracts.post import PostRef
from tests.adapters.saved import a_known_ref


@pytest.fixture
async def pool(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(postgres_dsn, size=4)
    yield pool
    await pool.close()


@pytest.fixture
def archive(pool: asyncpg.Pool) -> PostArchive:
    return PostArchive(pool, "c1")


@pytest.fixture
async def ref(pool: asyncpg.Pool) -> PostRef:
    """A post whose tenant and channel exist."""
    return await a_known_ref(pool)
