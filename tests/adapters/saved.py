"""Posts of tenants and channels that exist in the database."""

from typing import Any
from uuid import UUID

import asyncpg

from adapters.postgres.door import Directory
from adapters.postgres.posts import PostArchive
from contracts.post import PostRef
from tests.build import CHANNEL, a_ref, a_tenant, a_timing, an_event


async def a_known_ref(pool: asyncpg.Pool, tenant: UUID | None = None) -> PostRef:
    """A post of a tenant and a channel that exist."""
    tenant = tenant or a_tenant()
    ref = a_ref(tenant=tenant)
    directory = Directory(pool)
    await directory.add_tenant(tenant, str(tenant))
    await directory.add_channel(tenant, ref.channel_id, CHANNEL, "Город", None)
    return ref


async def save(archive: PostArchive, ref: PostRef, **values: Any) -> None:
    """Save a version of a post."""
    await archive.save(ref, an_event(ref, **values), a_timing())
