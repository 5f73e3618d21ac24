"""A web site that means harm, on a real socket of 127.0.0.1."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import Final, Self

Answer = Callable[[], AsyncIterator[bytes]]

ARTICLE: Final = (
    "<html><head><title>Мост открыт — Речной</title></head><body><nav><a href='/'>Главная</a></nav><article>"
    "<h1>Мост открыт</h1><p>После реставрации открыт пешеходный мост через реку. Работы шли два года, и город "
    "ждал их окончания всё лето.</p><p>Мост соединил набережную с парком; по нему пройдут школьники и туристы."
    "</p></article></body></html>"
)


def plain(
    body: bytes,
    *,
    status: str = "200 OK",
    kind: str = "text/html; charset=utf-8",
    extra: Mapping[str, str] = {},
) -> Answer:
    """An answer with its whole body at once."""
    headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Connection": "close", **extra}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)

    async def stream() -> AsyncIterator[bytes]:
        yield f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body

    return stream


def redirect(location: str) -> Answer:
    """An answer that sends elsewhere."""
    return plain(b"", status="302 Found", extra={"Location": location})


def gzip_bomb(mebibytes: int) -> Answer:
    """A few kilobytes that become many mebibytes."""
    return plain(gzip.compress(b"\0" * (mebibytes << 20)), extra={"Content-Encoding": "gzip"})


def nested_bomb() -> Answer:
    """Packed twice, and says so."""
    body = gzip.compress(gzip.compress(b"\0" * (8 << 20)))
    return plain(body, extra={"Content-Encoding": "gzip, gzip"})


def deflated(text: str) -> Answer:
    """Packed with zlib."""
    return plain(zlib.compress(text.encode()), extra={"Content-Encoding": "deflate"})


def endless() -> Answer:
    """A body without end and without a declared length."""

    async def stream() -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
        while True:
            yield b"<p>words</p>" * 1000

    return stream


def silent_after(beginning: bytes) -> Answer:
    """Begins an answer and says nothing more, the connection stays open."""

    async def stream() -> AsyncIterator[bytes]:
        yield beginning
        await asyncio.Event().wait()

    return stream


def broken_off() -> Answer:
    """Promises more than it sends."""
    return plain(b"<p>half", extra={"Content-Length": "5000"})


def garbage() -> Answer:
    """No HTTP at all."""

    async def stream() -> AsyncIterator[bytes]:
        yield b"+PONG\r\n-ERR unknown command\r\n\r\n"

    return stream


def _length(head: list[str]) -> int:
    told = (line.partition(":")[2] for line in head if line.lower().startswith("content-length:"))
    return int(next(told, "0"))


class HostileSite:
    """Serves ``answers`` by path as long as the ``async with`` block lasts; ``asked`` are (host header, path)."""

    def __init__(self, answers: Mapping[str, Answer]) -> None:
        self.answers = dict(answers)
        self.asked: list[tuple[str, str]] = []
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """``127.0.0.1:<port>``."""
        assert self._server is not None
        return "{}:{}".format(*self._server.sockets[0].getsockname()[:2])

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            path = head[0].split()[1]
            host = next(line.partition(":")[2].strip() for line in head if line.lower().startswith("host:"))
            self.asked.append((host, path))
            await reader.readexactly(_length(head))  # else the system breaks the connection off
            async for piece in self.answers.get(path, plain(b"none", status="404 Not Found"))():
                writer.write(piece)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the reader has had enough
        finally:
            writer.close()
