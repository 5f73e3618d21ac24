"""Ports on 127.0.0.1 that nobody else has."""

import asyncio
import contextlib
import fcntl
import os
import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

#: Where each server is looked for first; a taken port is stepped over.
PREFERRED = {"temporal": 7233, "ui": 8233, "http": 7243, "metrics": 9233, "redis": 6390, "postgres": 5439}


@contextlib.asynccontextmanager
async def our_turn() -> AsyncIterator[None]:
    """Wait until no other start of this user is between choosing ports and listening on them."""
    path = Path(tempfile.gettempdir()) / f"postloom-{os.getuid()}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        while not _taken(descriptor):  # noqa: ASYNC110  # another process holds it: no event of ours
            await asyncio.sleep(0.1)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def choose_ports(remembered: dict[str, int]) -> dict[str, int]:
    """Return a free port for every server: last time's when it is free, else the next one up."""
    chosen: dict[str, int] = {}
    for name, preferred in PREFERRED.items():
        port = remembered.get(name, preferred)
        while port in chosen.values() or not is_free(port):
            port = port + 1 if port < 65_535 else 20_000
        chosen[name] = port
    return chosen


def is_free(port: int) -> bool:
    """Return whether nobody listens on the port and we may."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5):
        return False
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
