"""The service with its local port and the file that tells other commands where it answers."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.postgres.door import Directory
from adapters.postgres.reporting import Reports
from cli.port import Port, serving
from cli.port_app import build_app
from cli.running import remember
from cli.service import Service, running_service
from runtime.logging import configure
from runtime.settings import Settings
from workers.searching import Searching


@dataclass(frozen=True)
class Whole:
    """A running service, its search, and the address of its local port."""

    service: Service
    searching: Searching
    http: str


@asynccontextmanager
async def whole_service(settings: Settings, on_progress: Callable[[str], None]) -> AsyncIterator[Whole]:
    """Run everything while the context is open; logs go to ``<data>/logs``. Raises as ``running_service``."""
    configure(settings.log_level, settings.data_dir / "logs" / "service.log")
    async with running_service(settings, on_progress) as service:
        searching = search_of(service)
        port = Port.taken(settings.http_port)
        async with serving(build_app(service, searching), port):
            record = remember(service, port.url)
            try:
                yield Whole(service, searching, port.url)
            finally:
                record.unlink(missing_ok=True)


def search_of(service: Service) -> Searching:
    """Return the search over the stores of this process."""
    stores = service.stores
    reports = Reports(stores.pool)
    return Searching(
        service.providers.embedder, stores.vectors, stores.graph, Directory(stores.pool), reports
    )
