"""The fake GigaChat on a socket of 127.0.0.1: for as long as a context is open, or until it is told to stop."""

import asyncio
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

from tests.servers.gigachat.app import application
from tests.servers.gigachat.state import State

#: What a key looks like: the base64 of an id and a secret.
KEY = "cG9zdGxvb206c2VjcmV0LW9mLXRoZS1mYWtl"


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the tests."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class FakeGigaChat:
    """A running one: its addresses, and its memory."""

    def __init__(self, address: str, state: State) -> None:
        self.address, self.state = address, state

    @property
    def base_url(self) -> str:
        """``http://127.0.0.1:<port>/api/v1``."""
        return f"{self.address}/api/v1"

    @property
    def auth_url(self) -> str:
        """Where a token is given for the key."""
        return f"{self.address}/api/v2/oauth"

    @property
    def openai_url(self) -> str:
        """Where the same answers are given in the form of OpenAI."""
        return f"{self.address}/openai/v1"

    async def fail(self, **wish: Any) -> None:
        """Tell it to fail, by HTTP as any other program would: ``how``, ``path``, ``times``, … of a Fault."""
        async with httpx.AsyncClient() as client:
            (await client.post(f"{self.address}/_fake/faults", json=wish)).raise_for_status()

    async def ledger(self) -> dict[str, Any]:
        """Return everything that it counted."""
        async with httpx.AsyncClient() as client:
            counted: dict[str, Any] = (await client.get(f"{self.address}/_fake/ledger")).json()
        return counted


@asynccontextmanager
async def serving(app: ASGIApp, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve ``app`` while the context is open; gives its address, ``http://127.0.0.1:<port>``."""
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL + 1)  # it is told to fail
    listening = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
    )
    config.load()
    config.ssl = tls
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]), name="fake service")
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await asyncio.gather(task, return_exceptions=True)
        listening.close()


@asynccontextmanager
async def fake_gigachat(
    port: int = 0, tls: ssl.SSLContext | None = None, **state: Any
) -> AsyncIterator[FakeGigaChat]:
    """Run one while the context is open; ``state`` are fields of State (``token_seconds``, ``streams``, ``form``)."""
    memory = State(**{"key": KEY, **state})
    async with serving(application(memory), port, tls) as address:
        yield FakeGigaChat(address, memory)
