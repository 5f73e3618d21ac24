"""The fixtures that other tests build upon."""

from datetime import timedelta

import asyncpg
import pytest
from redis.asyncio import Redis
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

pytestmark = pytest.mark.services


async def test_a_module_has_a_migrated_database(postgres_dsn: str) -> None:
    connection = await asyncpg.connect(postgres_dsn)

    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()

    assert "posts" in {row["tablename"] for row in tables}


async def test_cyrillic_is_lowered_as_people_expect(postgres_dsn: str) -> None:
    connection = await asyncpg.connect(postgres_dsn)

    lowered = await connection.fetchval("SELECT lower('ПРИВЕТ')")
    await connection.close()

    assert lowered == "привет"


async def test_a_module_has_an_empty_redis_database(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as client:
        assert await client.dbsize() == 0


async def test_closed_workflows_are_kept_for_a_month(temporal_client: Client) -> None:
    request = DescribeNamespaceRequest(namespace="default")

    namespace = await temporal_client.workflow_service.describe_namespace(request)

    kept = namespace.config.workflow_execution_retention_ttl.ToTimedelta()
    assert kept == timedelta(days=30)


async def test_our_search_attributes_are_known(temporal_client: Client) -> None:
    counted = await temporal_client.count_workflows(
        "TgStuckReason = 'none' AND TgPostedAt > '2020-01-01T00:00:00Z'"
    )

    assert counted.count == 0
