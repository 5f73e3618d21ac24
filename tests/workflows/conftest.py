"""Workers on the real queues, with the sandbox, over a fresh world for each test."""

from collections.abc import AsyncIterator

import pytest
from temporalio.client import Client

from tests.workflows.town import Town, a_town


@pytest.fixture
async def town(temporal_client: Client) -> AsyncIterator[Town]:
    async with a_town(temporal_client) as town:
        yield town


@pytest.fixture
async def crowd(temporal_client: Client) -> AsyncIterator[Town]:
    """A town in which campaigns tell posts that do what the test says, in the place of their workflows."""
    async with a_town(temporal_client, crowd=True) as town:
        yield town
