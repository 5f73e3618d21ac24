"""The local port: on 127.0.0.1 alone, the first free one from the wanted number on."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from contracts.errors import UnavailableError

_HOST = "127.0.0.1"
_TRIES = 200


@dataclass(frozen=True)
class Port:
    """A socket that listens, and its address for people."""

    socket: socket.socket
    url: str

    @classmethod
    def taken(cls, wanted: int) -> "Port":
        """Return a port of ours: ``wanted``, or the next free one; 0 takes any.

        Raises:
            UnavailableError: so many in a row are taken.
        """
        for number in range(wanted, min(wanted + _TRIES, 65_536)) if wanted else (0,):
            ours = socket.socket()
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                ours.bind((_HOST, number))
                ours.listen()
                return cls(ours, f"http://{_HOST}:{ours.getsockname()[1]}")
            ours.close()
        raise UnavailableError(f"no free port from {wanted} on: set POSTLOOM_HTTP_PORT to another one")


class _Server(uvicorn.Server):
    """Leaves signals to us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp, port: Port) -> AsyncIterator[None]:
    """Serve ``app`` at the port while the context is open."""
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=3
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[port.socket]), name="http port")
    try:
        yield
    finally:
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
        port.socket.close()
