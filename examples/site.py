"""A web site on this machine that serves the pages of the invented city channel."""

import asyncio
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import unquote, urlsplit

#: The host that the posts' links name.
HOST: Final = "rechnoy.example"
_TIMEOUT: Final = 10.0
_MAX_HEAD: Final = 100


class DemoSite:
    """Serves a folder of HTML pages on a free port of 127.0.0.1, as long as the ``async with`` block lasts.

    ``requests`` lists the paths that were asked for, in order.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: asyncio.Server | None = None
        self.requests: list[str] = []

    @property
    def address(self) -> str:
        """``127.0.0.1:<port>``."""
        if self._server is None:
            raise RuntimeError("the site is not open")
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"{host}:{port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_TIMEOUT):
                target = await _requested(reader)
                status, body = await asyncio.to_thread(self._answer, target)
                writer.write(_response(status, body))
                await writer.drain()
        except (OSError, TimeoutError, ValueError):
            pass  # whoever asked is gone, or never asked properly
        finally:
            writer.close()

    def _answer(self, target: str) -> tuple[HTTPStatus, bytes]:
        path = unquote(urlsplit(target).path)
        self.requests.append(path)
        file = (self._folder / path.lstrip("/")).resolve()
        if file.suffix == ".html" and file.is_relative_to(self._folder.resolve()) and file.is_file():
            return HTTPStatus.OK, file.read_bytes()
        return HTTPStatus.NOT_FOUND, "<html><body><h1>Страницы нет</h1></body></html>".encode()


async def _requested(reader: asyncio.StreamReader) -> str:
    """The target of a GET or HEAD request, its headers read and forgotten."""
    method, target, _ = (await reader.readline()).decode("latin-1").split()
    if method not in {"GET", "HEAD"}:
        raise ValueError(method)
    for _ in range(_MAX_HEAD):
        if not (await reader.readline()).strip():
            break
    return target


def _response(status: HTTPStatus, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: text/html; charset=utf-8\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("latin-1") + body
