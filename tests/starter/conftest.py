"""A starter on both streams, over real servers; nobody serves the workflows it starts."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from tests.starter.doorstep import Doorstep, a_doorstep


@pytest.fixture
async def step(temporal_client: Client, redis_url: str, postgres_dsn: str) -> AsyncIterator[Doorstep]:
    async with a_doorstep(temporal_client, redis_url, postgres_dsn) as doorstep:
        yield doorstep
