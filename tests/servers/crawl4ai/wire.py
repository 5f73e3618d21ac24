"""As much of HTTP as a fake needs: one request and one answer to a connection."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

MAX_BODY: Final = 10 * 1024 * 1024


@dataclass(frozen=True)
class Request:
    """What was asked; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body; None where it is no JSON."""
        try:
            return json.loads(self.body or b"null")
        except ValueError:
            return None


@dataclass(frozen=True)
class Reply:
    """What is answered. ``cut_after`` promises the whole body and sends so many bytes of it."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None

    def encoded(self) -> bytes:
        """The answer as it goes over the wire."""
        known = {"Content-Type": self.kind, "Content-Length": str(len(self.body)), "Connection": "close"}
        head = "".join(f"{name}: {value}\r\n" for name, value in {**known, **self.headers}.items())
        line = f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}\r\n"
        return f"{line}{head}\r\n".encode("latin-1") + self.body[: self.cut_after]


def said(status: int, words: Any, **headers: str) -> Reply:
    """JSON, written as the real server writes it."""
    return Reply(status, json.dumps(words, ensure_ascii=False).encode(), headers=headers)


async def request_from(reader: asyncio.StreamReader) -> Request:
    """Read a request whole; of a body that is too long only what it says of itself."""
    line, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, path, _ = line.split(" ", 2)
    headers = {
        name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines if each)
    }
    length = int(headers.get("content-length", "0"))
    return Request(method, path, headers, await reader.readexactly(length) if length <= MAX_BODY else b"")
