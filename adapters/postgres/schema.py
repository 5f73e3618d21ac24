"""The schema that our queries expect."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.postgres.errors import our_errors
from contracts.errors import RejectedError, UnavailableError

#: Two processes that start at once migrate one after the other.
_MIGRATION_LOCK = 7_310_112_019


async def migrate(dsn: str, scripts: Path) -> None:
    """Bring the schema up to date; safe to run twice and at the same time.

    ``scripts`` is the folder of the alembic migrations.

    Raises:
        UnavailableError: the database does not answer, or does not let us in.
        RejectedError: newer code has changed the schema already.
    """
    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://", 1))
    try:
        with _told(), our_errors():
            async with engine.begin() as connection:
                await connection.run_sync(_upgrade, scripts)
    finally:
        await engine.dispose()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise UnavailableError(f"postgres: {said}") from error
    except CommandError as error:
        raise RejectedError(
            f"the database is not of this version of postloom, start a newer one: {error}"
        ) from error


def _upgrade(connection: Connection, scripts: Path) -> None:
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
    config = Config()
    config.set_main_option("script_location", str(scripts))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
