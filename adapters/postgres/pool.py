"""Connections to PostgreSQL, and the schema they expect."""

import json
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.postgres.errors import our_errors

#: Two processes that start at once migrate one after the other.
_MIGRATION_LOCK = 7_310_112_019


async def open_pool(dsn: str, size: int = 16) -> asyncpg.Pool:
    """Return a pool whose connections read and write jsonb as Python values.

    Raises:
        UnavailableError: the database does not answer.
    """
    with our_errors():
        return await asyncpg.create_pool(
            dsn, min_size=1, max_size=size, init=_teach_json, reset=_leave_as_it_is, command_timeout=30
        )


async def _leave_as_it_is(_: object) -> None:
    """No session state is ever set, so a connection needs no round trip before the next one takes it."""


async def _teach_json(connection: asyncpg.Connection) -> None:
    def encode(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, default=str)

    await connection.set_type_codec("jsonb", encoder=encode, decoder=json.loads, schema="pg_catalog")


async def migrate(dsn: str, scripts: Path) -> None:
    """Bring the schema up to date; safe to run twice and at the same time.

    ``scripts`` is the folder of the alembic migrations.
    """
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://", 1))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, scripts)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, scripts: Path) -> None:
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
