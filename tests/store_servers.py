"""The servers of a team's stores, once for each test run: an S3 server and Neo4j.

* ``s3``: where the S3 server answers
* ``neo4j``: Neo4j, which a test may stop and start again

Where Go or Maven and Java are missing the tests that ask for them are skipped, aloud.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import pytest

from adapters.neo4j.graph import Neo4jGraph
from runtime.embedded.errors import StackError
from runtime.embedded.neo4j_server import Neo4jAddress, neo4j_server
from runtime.embedded.s3_server import S3Address, s3_server

DATABASE = "neo4j"
_FORGET = "MATCH (n) WHERE n.tenant_id IN $tenants DETACH DELETE n"


@dataclass
class Neo4jHere:
    """A Neo4j over a folder; its address stays the same."""

    folder: Path
    address: Neo4jAddress = field(init=False)
    _running: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        self.address = await self._running.enter_async_context(neo4j_server(self.folder, print))

    async def stop(self) -> None:
        await self._running.aclose()

    async def graph(self) -> Neo4jGraph:
        where = self.address
        return await Neo4jGraph.connected(where.url, where.user, where.password, DATABASE)

    def emptied_once(self, tenants: Sequence[UUID]) -> Callable[[], Awaitable[Neo4jGraph]]:
        """Return what opens the graph, the first time without anything of these tenants."""
        is_first = iter([True])

        async def opened() -> Neo4jGraph:
            graph = await self.graph()
            if next(is_first, False):
                await graph._store.write([], lambda run: run(_FORGET, tenants=[str(id) for id in tenants]))
            return graph

        return opened


@pytest.fixture(scope="session")
async def s3(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[S3Address]:
    async with AsyncExitStack() as stack:
        try:
            yield await stack.enter_async_context(s3_server(tmp_path_factory.mktemp("s3"), print))
        except StackError as error:
            pytest.skip(f"NOT TESTED: S3: {error}")


@pytest.fixture(scope="session", autouse=True)
async def _neo4j(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator["asyncio.Task[Neo4jHere] | None"]:
    """Start Neo4j, which takes ten seconds, beside the first tests, if any test is going to ask for it."""
    if not any(map(_asks_for_neo4j, request.session.items)):
        yield None
        return
    here = Neo4jHere(tmp_path_factory.mktemp("neo4j"))

    async def started() -> Neo4jHere:
        await here.start()
        return here

    starting = asyncio.create_task(started())
    yield starting
    await asyncio.gather(starting, return_exceptions=True)
    await here.stop()


def _asks_for_neo4j(item: pytest.Item) -> bool:
    """Whether a test has it among its fixtures, or is one of several of which one is for it."""
    if not isinstance(item, pytest.Function):
        return False
    params = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return "neo4j" in item.fixturenames or "neo4j" in params


@pytest.fixture(scope="session")
async def neo4j(_neo4j: "asyncio.Task[Neo4jHere]") -> Neo4jHere:
    try:
        return await _neo4j
    except StackError as error:
        pytest.skip(f"NOT TESTED: Neo4j: {error}")
