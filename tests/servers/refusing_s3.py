"""An S3 that finds everything in order until something is to be written: then it refuses, in S3's own words."""

import asyncio
from pathlib import Path
from typing import Final, Self

from runtime.embedded.s3_server import S3Address

_WORDS: Final = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>{code}</Code><Message>as told</Message><RequestId>1</RequestId></Error>"""


class RefusingS3:
    """Answers on a real socket; ``refused`` counts what was refused."""

    def __init__(self, status: int, code: str) -> None:
        self._status, self._code = status, code
        self.refused = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    @property
    def address(self) -> S3Address:
        port = self._server.sockets[0].getsockname()[1]
        return S3Address(
            url=f"http://127.0.0.1:{port}", access_key="key", secret_key="secret", buckets=Path()
        )

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(self._answer(request))
        await writer.drain()
        writer.close()

    def _answer(self, request: bytes) -> bytes:
        method, path, _ = request.split(b" ", 2)
        if method == b"HEAD":
            status = 404 if path.strip(b"/").count(b"/") else 200
            return f"HTTP/1.1 {status} As Told\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        self.refused += 1
        words = _WORDS.format(code=self._code).encode()
        lines = f"HTTP/1.1 {self._status} As Told\r\nContent-Type: application/xml\r\nConnection: close\r\n"
        return f"{lines}Content-Length: {len(words)}\r\n\r\n".encode() + words
