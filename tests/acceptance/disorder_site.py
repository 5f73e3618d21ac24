"""The place where orders of changes are compared: one stack of servers, and room of its own for each run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from domain.policy import Policies
from runtime.embedded.stack import StackAddresses, StackOptions, embedded_stack
from runtime.settings import Settings
from runtime.temporal import connect
from tests.acceptance.disorder import Site
from tests.stack import a_database
from workers.providers import local_providers


@dataclass(frozen=True)
class Ground:
    """Running servers, and who does the thinking."""

    stack: StackAddresses
    site: Site


@asynccontextmanager
async def a_site(folder: Path, tenant: UUID) -> AsyncIterator[Ground]:
    """Run the servers while the context is open."""
    async with embedded_stack(StackOptions(data_dir=folder / "stack", ui=False)) as stack:
        client = await connect(stack.temporal, "default")
        providers = local_providers(Settings(data_dir=folder), Policies())
        yield Ground(stack, Site(client, providers, tenant))


@asynccontextmanager
async def room_for(
    ground: Ground, folder: Path, number: int
) -> AsyncIterator[tuple[Settings, tuple[str, str]]]:
    """An empty database and empty folders for one run; Redis is emptied when the run begins."""
    async with a_database(ground.stack.postgres) as postgres:
        yield Settings(data_dir=folder / str(number)), (postgres, ground.stack.redis)
