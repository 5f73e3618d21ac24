"""The service with its local port and the file that tells other commands where it answers."""

import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.postgres.door import Directory
from adapters.postgres.reporting import Reports
from cli.errors import CommandError
from cli.port import Port, serving
from cli.port_app import build_app
from cli.running import Reach, ServiceRecord, record_path
from cli.service import Service, running_service
from runtime.embedded.files import write_whole
from runtime.logging import configure
from runtime.processes import record_of
from runtime.settings import Settings
from workers.around import NOTHING, Around
from workers.searching import Searching


@dataclass(frozen=True)
class Whole:
    """A running service, its search, and the address of its local port."""

    service: Service
    searching: Searching
    http: str


@asynccontextmanager
async def whole_service(
    settings: Settings, on_progress: Callable[[str], None], *, around: Around = NOTHING
) -> AsyncIterator[Whole]:
    """Run everything while the context is open; logs go to ``<data>/logs``. As ``running_service``."""
    configure(settings.log_level, settings.data_dir / "logs" / "service.log")
    async with running_service(settings, on_progress, around=around) as service:
        searching = search_of(service)
        port = Port.taken(settings.http_port)
        async with serving(build_app(service, searching), port):
            record = remember(service, port.url)
            try:
                yield Whole(service, searching, port.url)
            finally:
                record.unlink(missing_ok=True)


def remember(service: Service, http: str) -> Path:
    """Write down where the service answers; return the file."""
    process = record_of("postloom", os.getpid(), signal.SIGTERM)
    if process is None:
        raise CommandError("this process cannot be found in the list of processes")
    addresses = service.addresses
    reach = Reach(
        http=http,
        temporal=addresses.temporal,
        temporal_ui=addresses.temporal_ui,
        namespace=service.settings.temporal.namespace,
        postgres=addresses.postgres,
        redis=addresses.redis,
    )
    path = record_path(service.settings.data_dir)
    write_whole(path, ServiceRecord(process=process, reach=reach).model_dump_json().encode())
    return path


def search_of(service: Service) -> Searching:
    """Return the search over the stores of this process."""
    stores = service.stores
    reports = Reports(stores.pool)
    return Searching(
        service.providers.embedders, stores.vectors, stores.graph, Directory(stores.pool), reports
    )
