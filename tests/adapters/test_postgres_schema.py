"""Migrations run at every start, perhaps in two processes at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from adapters.postgres.schema import migrate
from runtime.embedded.stack import StackAddresses

pytestmark = pytest.mark.services

MIGRATIONS = Path(__file__).parents[2] / "deploy" / "migrations"


@pytest.fixture
async def empty(stack: StackAddresses) -> AsyncIterator[str]:
    """An empty database."""
    connection = await asyncpg.connect(stack.postgres)
    await connection.execute("CREATE DATABASE migrated_twice")
    yield f"{stack.postgres.rpartition('/')[0]}/migrated_twice"
    await connection.execute("DROP DATABASE migrated_twice WITH (FORCE)")
    await connection.close()


async def tables(dsn: str) -> set[str]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    return {row["tablename"] for row in rows}


async def test_migrating_twice_is_migrating_once(empty: str) -> None:
    await migrate(empty, MIGRATIONS)
    once = await tables(empty)

    await migrate(empty, MIGRATIONS)

    assert (
        await tables(empty)
        == once
        >= {
            "posts",
            "media_groups",
            "post_stages",
            "outbox_events",
            "channel_photos",
        }
    )


async def test_three_processes_that_start_at_once_all_succeed(empty: str) -> None:
    await asyncio.gather(*(migrate(empty, MIGRATIONS) for _ in range(3)))

    assert "posts" in await tables(empty)
