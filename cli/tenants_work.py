"""Making and listing tenants."""

import re
from typing import Final

from adapters.postgres.door import Directory
from cli.errors import CommandError
from cli.running import archive
from cli.screen import Screen, show_json
from contracts.identity import tenant_id
from runtime.settings import load_settings

LONGEST: Final = 100
_ID: Final = re.compile(
    r"(urn:uuid:|\{)?[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\}?", re.IGNORECASE
)


async def add_tenant(name: str) -> None:
    """Make the tenant, or say that it is there.

    Raises:
        CommandError: the name cannot be used, or no service runs.
    """
    if not usable(name):
        raise CommandError(
            f"a tenant's name is 1 to {LONGEST} printable characters without spaces around them; "
            "it does not begin with '-' and does not look like an id",
            2,
        )
    async with archive(load_settings()) as pool:
        is_new = await Directory(pool).add_tenant(tenant_id(name), name)
    Screen().line(f"{name}\t{tenant_id(name)}" if is_new else f"{name}\t{tenant_id(name)}\twas there already")


def usable(name: str) -> bool:
    """Return whether a tenant may be called so: it must be told from an option and from an id."""
    if not name.strip() or name != name.strip() or len(name) > LONGEST or not name.isprintable():
        return False
    return not name.startswith("-") and not _ID.fullmatch(name)


async def list_tenants(*, as_json: bool) -> None:
    """Show all tenants with their ids."""
    async with archive(load_settings()) as pool:
        tenants = await Directory(pool).tenants()
    if as_json:
        show_json([{"id": str(tenant.id), "name": tenant.name} for tenant in tenants])
        return
    Screen().rows(("name", "id"), [(tenant.name, str(tenant.id)) for tenant in tenants])
