"""Collections of vectors that are being filled, as the service tells of them."""

from typing import Any

from adapters.postgres.door import Directory
from adapters.postgres.vectors import VectorRecords
from cli.service import Service
from workers.filling import fills


async def fills_by_tenant(service: Service) -> list[dict[str, Any]]:
    """Return for each collection that is being filled: its tenant's name, who fills it, who filled the one that is
    searched, how many posts are indexed, and how many of them it has.

    Raises:
        UnavailableError: a store did not answer.
    """
    stores = service.stores
    found = await fills(stores.vectors, VectorRecords(stores.pool))
    names = {tenant.id: tenant.name for tenant in await Directory(stores.pool).tenants()} if found else {}
    return [
        {
            "tenant": names[fill.tenant_id],
            "wanted": str(fill.wanted),
            "searched": str(fill.searched),
            "posts": fill.posts,
            "filled": fill.filled,
        }
        for fill in found
        if fill.tenant_id in names
    ]
