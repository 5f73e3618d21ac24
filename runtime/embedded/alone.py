"""One server by itself, in a folder of its own: for trying something out, and for tests."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import structlog

from runtime.embedded.errors import StackError
from runtime.embedded.fetching import Say
from runtime.embedded.files import RunFolder
from runtime.embedded.ports import is_free
from runtime.embedded.servers import Server, Servers

_log = structlog.get_logger(__name__)


@asynccontextmanager
async def alone(folder: Path, server_at: Callable[[int], Server], say: Say) -> AsyncIterator[int]:
    """Run a server while the context is open; the port stays the same from start to start where it is free.

    Raises:
        AlreadyRunningError: another process runs it from the same folder.
        StackError: it does not start.
    """
    run = RunFolder(folder)
    with run.locked():
        servers = Servers(run, _given_up, say)
        await servers.end_leftovers()
        port = _port(run)
        server = server_at(port)
        try:
            await servers.start(server)
            yield port
        finally:
            await servers.stop((server.name,))


def _port(run: RunFolder) -> int:
    """Return last time's port, or one that the system gives; nobody else is likely to get the same."""
    before = run.ports().get("alone", 0)
    if before and is_free(before):
        return before
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    run.remember_ports({"alone": port})
    return port


def _given_up(error: StackError) -> None:
    _log.error("server given up", reason=str(error))
