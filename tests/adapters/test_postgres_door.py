"""Who may come in: channels that many posts bring at the same moment."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest

from adapters.postgres.door import Directory
from contracts.errors import RejectedError
from contracts.identity import channel_id
from tests.build import a_tenant

pytestmark = pytest.mark.services


async def test_a_channel_that_many_bring_at_the_same_moment_is_refused_to_none_of_them(
    pool: asyncpg.Pool,
) -> None:
    directory, tenant = Directory(pool), a_tenant()
    await directory.add_tenant(tenant, str(tenant))

    for number in range(-1_000_000_000_040, -1_000_000_000_000):
        own = channel_id(tenant, number)
        found = await asyncio.gather(
            *(directory.add_channel(tenant, own, number, "Город", None) for _ in range(12))
        )
        assert {channel.id for channel in found} == {own}


async def test_an_id_that_another_channel_has_is_refused(pool: asyncpg.Pool) -> None:
    directory, tenant, taken = Directory(pool), a_tenant(), uuid4()
    await directory.add_tenant(tenant, str(tenant))
    await directory.add_channel(tenant, taken, -1001, None, None)

    with pytest.raises(RejectedError):
        await directory.add_channel(tenant, taken, -1002, None, None)
