"""The stores of this process, opened together and closed together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
from redis.asyncio import Redis

from adapters.postgres.outbox_sent import SentOutbox
from adapters.postgres.pool import open_pool
from adapters.postgres.schema import migrate
from adapters.qdrant import VectorIndex
from adapters.redis_streams.log import EventLog, connect
from adapters.redis_streams.marker import marker_key
from runtime.settings import Settings
from workers.graph import Graph, open_graph
from workers.objects import Objects, open_objects
from workers.vectors import open_vectors

MIGRATIONS: Final = Path(__file__).parents[1] / "deploy" / "migrations"


@dataclass(frozen=True)
class Stores:
    """Where everything is kept; ``marker`` is the key by which Redis says that it lost nothing."""

    pool: asyncpg.Pool
    redis: Redis
    events: EventLog
    objects: Objects
    vectors: VectorIndex
    graph: Graph
    marker: str


@asynccontextmanager
async def open_stores(settings: Settings, postgres: str, redis_url: str) -> AsyncIterator[Stores]:
    """Bring the schema up to date and open every store; what lies in a folder is held by this process alone.

    Raises:
        UnavailableError: one of them does not answer, or another process holds its files.
    """
    await migrate(postgres, MIGRATIONS)
    async with AsyncExitStack() as stack:
        pool = await open_pool(postgres)
        stack.push_async_callback(pool.close)
        marker = marker_key(await SentOutbox(pool).archive_id())
        redis = connect(redis_url)
        stack.push_async_callback(redis.aclose)
        vectors = await stack.enter_async_context(open_vectors(settings))
        graph = await stack.enter_async_context(open_graph(settings))
        objects = await stack.enter_async_context(open_objects(settings))
        yield Stores(pool, redis, EventLog(redis, marker), objects, vectors, graph, marker)
