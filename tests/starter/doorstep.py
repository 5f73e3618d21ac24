"""The starter with everything real around it, and a tenant of its own for each test."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from temporalio.client import Client
from temporalio.service import RPCError

from adapters.postgres.door import Directory
from adapters.postgres.pool import open_pool
from adapters.redis_streams.log import connect
from adapters.redis_streams.reader import StreamReader
from contracts.encoding import encode
from contracts.streams import ALBUMS_PARSED, POSTS_PARSED, dead_letters
from starter.door import Door
from starter.gate import Gate
from starter.starter import GROUP, HANDLERS, Starter
from tests.build import a_ref, a_tenant, an_event


class Doorstep:
    """Writes entries, lets the starter take a step, and looks at what came of it."""

    def __init__(self, client: Client, redis: Redis, directory: Directory, tenant: UUID) -> None:
        self.client, self.redis, self.directory, self.tenant = client, redis, directory, tenant
        self.posts = self.starter(POSTS_PARSED)
        self.albums = self.starter(ALBUMS_PARSED)

    def starter(self, stream: str, client: Client | None = None) -> Starter:
        """A starter as the service has it; with another client it talks to another engine."""
        door = Door(self.directory, 600)
        handler = HANDLERS[stream](client or self.client, door)
        return Starter(
            StreamReader(self.redis, stream, GROUP, "starter-1"), handler, Gate(_none, 100, 50), 50
        )

    async def write(self, fields: Mapping[str, str], stream: str = POSTS_PARSED) -> str:
        """Append an entry as any producer may."""
        entry: Any = dict(fields)
        return str(await self.redis.xadd(stream, entry))

    def fields(self, message_id: int = 7, **values: Any) -> dict[str, str]:
        """A good posts.parsed of this test's tenant."""
        return encode(an_event(a_ref(message_id, tenant=self.tenant), **values))

    async def take(self, starter: Starter | None = None) -> int:
        """Let the starter take what is there: the first step of a new group only makes the group."""
        starter = starter or self.posts
        return await starter.step() or await starter.step()

    async def pending(self, stream: str = POSTS_PARSED) -> int:
        return int((await self.redis.xpending(stream, GROUP))["pending"])

    async def buried(self, stream: str = POSTS_PARSED) -> list[dict[str, Any]]:
        """The dead letters, each with its original entry read."""
        rows = await self.redis.xrange(dead_letters(stream))
        return [{**fields, "original": json.loads(fields["original_entry"])} for _, fields in rows]

    async def open_workflows(self) -> list[str]:
        found = self.client.list_workflows(f"TgTenant='{self.tenant}'")
        return [row.id async for row in found]

    async def end(self) -> None:
        async for found in self.client.list_workflows(
            f"TgTenant='{self.tenant}' AND ExecutionStatus='Running'"
        ):
            with suppress(RPCError):
                await self.client.get_workflow_handle(found.id).terminate()


async def _none() -> int:
    return 0


@asynccontextmanager
async def a_doorstep(client: Client, redis_url: str, postgres_dsn: str) -> AsyncIterator[Doorstep]:
    """Empty streams, a known tenant; what was started is ended."""
    tenant = a_tenant()
    async with AsyncExitStack() as stack:
        redis = connect(redis_url)
        stack.push_async_callback(redis.aclose)
        await redis.flushdb()
        pool = await open_pool(postgres_dsn, size=4)
        stack.push_async_callback(pool.close)
        directory = Directory(pool)
        await directory.add_tenant(tenant, str(tenant))
        doorstep = Doorstep(client, redis, directory, tenant)
        stack.push_async_callback(doorstep.end)
        yield doorstep
