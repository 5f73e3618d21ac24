"""A Neo4j server: transactions, bounded in time, and the schema that they rely on."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, TypeVar
from uuid import UUID

from neo4j import (
    AsyncDriver,
    AsyncGraphDatabase,
    AsyncManagedTransaction,
    AsyncSession,
    NotificationMinimumSeverity,
    unit_of_work,
)

from adapters.neo4j import cypher
from adapters.neo4j.errors import our_errors
from contracts.errors import PipelineError

R = TypeVar("R")
Rows = list[list[Any]]
Run = Callable[..., Awaitable[Rows]]
Work = Callable[[Run], Awaitable[R]]

#: Seconds. A transaction that takes longer is given up, here and by the server; so is the making of the schema.
_LONGEST: Final = 45.0
#: Seconds that the driver itself goes on trying; whoever asked us tries again after that.
_AGAIN: Final = 2.0


class Store:
    """Runs work in transactions of one database. One driver, and its connections, for the whole process."""

    def __init__(self, driver: AsyncDriver, database: str) -> None:
        self._driver, self._database = driver, database

    @classmethod
    async def connected(cls, url: str, user: str, password: str, database: str) -> "Store":
        """Return the store with every constraint and index made; harmless where they are.

        Raises:
            UnavailableError: the server does not answer, or refuses us.
        """
        with our_errors():
            driver = AsyncGraphDatabase.driver(
                url,
                auth=(user, password),
                connection_timeout=5.0,
                connection_acquisition_timeout=10.0,
                max_transaction_retry_time=_AGAIN,
                initial_retry_delay=0.1,
                notifications_min_severity=NotificationMinimumSeverity.OFF,
                telemetry_disabled=True,
                user_agent="postloom",
            )
        store = cls(driver, database)
        try:
            await store._prepare()
        except PipelineError:
            await store.close()
            raise
        return store

    async def write(self, tenants: Iterable[UUID], work: Work[R]) -> R:
        """Return what ``work`` gave; all of its statements took effect, or none did. It may be run twice.

        Of each tenant one such transaction at a time goes on, whichever process it is in.
        """
        held = sorted(str(tenant) for tenant in tenants)

        async def alone(run: Run) -> R:
            await run(cypher.HOLD, tenants=held)
            return await work(run)

        with our_errors():
            async with asyncio.timeout(_LONGEST), self._session() as session:
                return await session.execute_write(_timed(alone))

    async def read(self, work: Work[R]) -> R:
        """Return what ``work`` gave. It may be run twice."""
        with our_errors():
            async with asyncio.timeout(_LONGEST), self._session() as session:
                return await session.execute_read(_timed(work))

    async def close(self) -> None:
        """Let go of the connections."""
        await self._driver.close()

    async def _prepare(self) -> None:
        async def make(run: Run) -> None:
            for statement in cypher.SCHEMA:
                await run(statement)

        with our_errors():
            async with asyncio.timeout(_LONGEST), self._session() as session:
                await session.execute_write(_timed(make))

    def _session(self) -> AsyncSession:
        return self._driver.session(database=self._database)


def _timed(work: Work[R]) -> Callable[[AsyncManagedTransaction], Awaitable[R]]:
    @unit_of_work(timeout=_LONGEST)
    async def timed(transaction: AsyncManagedTransaction) -> R:
        async def run(statement: str, **values: Any) -> Rows:
            result = await transaction.run(statement, values)
            return [list(record.values()) async for record in result]

        return await work(run)

    return timed
