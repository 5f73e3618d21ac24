"""The schema that our queries expect."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

#: Two processes that start at once migrate one after the other.
_MIGRATION_LOCK = 7_310_112_019


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
