"""A network of this machine on which every way but one ends in a trap that counts who arrives."""

import asyncio
from types import TracebackType
from typing import Self

import httpx

from tests.hostile.addresses import PUBLIC


class Trap:
    """Listens on a port of 127.0.0.1 as long as the block lasts; ``arrived`` counts connections."""

    def __init__(self) -> None:
        self.arrived = 0
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """``127.0.0.1:<port>``."""
        assert self._server is not None
        return "{}:{}".format(*self._server.sockets[0].getsockname()[:2])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.arrived += 1
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<p>the secrets of the house"
        )
        writer.close()


class Network(httpx.AsyncBaseTransport):
    """Carries what goes to the public address to ``site`` and everything else to the trap, whatever port it names."""

    def __init__(self, site: str, trap: Trap) -> None:
        self._site, self._trap = site, trap

    def __call__(self) -> httpx.AsyncBaseTransport:
        return self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        place = self._site if request.url.host == PUBLIC else self._trap.address
        host, _, port = place.rpartition(":")
        request.url = request.url.copy_with(scheme="http", host=host, port=int(port))
        return await httpx.AsyncHTTPTransport(trust_env=False).handle_async_request(request)
