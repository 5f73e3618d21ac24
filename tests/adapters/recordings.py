"""Exchanges with the real GigaChat that somebody recorded, and a server that gives them again."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import yaml
from starlette.types import Message, Receive, Scope, Send

from tests.servers.gigachat.serving import serving

VARIABLE: Final = "POSTLOOM_GIGACHAT_WIRE"
FOLDER: Final = Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None
MISSING: Final = f"set {VARIABLE} to a folder of recorded exchanges with GigaChat (VCR's YAML)"
OAUTH: Final = "/api/v2/oauth"
_KEPT: Final = frozenset({"content-type", "x-request-id", "x-session-id"})


@dataclass(frozen=True)
class Asked:
    """A request: what was asked where, with which headers (in small letters)."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Exchange:
    """A request and its answer."""

    asked: Asked
    status: int
    headers: dict[str, str]
    answer: str


def names() -> list[str]:
    """Return the names of all recordings."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml")) if FOLDER else []


def exchanges(name: str) -> list[Exchange]:
    """Return what was recorded under a name."""
    assert FOLDER is not None
    recorded = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return [_exchange(one["request"], one["response"]) for one in recorded["interactions"]]


def _exchange(request: dict[str, Any], response: dict[str, Any]) -> Exchange:
    asked = Asked(
        request["method"],
        urlsplit(request["uri"]).path,
        _headers(request["headers"]),
        read(request["body"] or ""),
    )
    return Exchange(
        asked, response["status"]["code"], _headers(response["headers"]), response["body"]["string"]
    )


def _headers(recorded: dict[str, list[str]]) -> dict[str, str]:
    return {name.lower(): values[0] for name, values in recorded.items()}


def read(body: str) -> Any:
    """Return what a body holds: JSON, or a form; None where there is none."""
    if not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return {name: values[0] for name, values in parse_qs(body).items()}


@dataclass
class Replay:
    """Answers as it was recorded, in that order for each address; remembers what it was asked."""

    recorded: list[Exchange]
    address: str = ""
    asked: list[Asked] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = ""
        while (message := await receive())["type"] == "http.request":
            body += message["body"].decode()
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked.append(Asked(scope["method"], scope["path"], headers, read(body)))
        for answer in self._answer(self.asked[-1]):
            await send(answer)

    def _answer(self, asked: Asked) -> Iterator[Message]:
        recorded = next(
            one for one in self.recorded if (one.asked.method, one.asked.path) == (asked.method, asked.path)
        )
        if asked.path != OAUTH:
            self.recorded.remove(recorded)
        headers = [
            (name.encode(), value.encode()) for name, value in recorded.headers.items() if name in _KEPT
        ]
        yield {"type": "http.response.start", "status": recorded.status, "headers": headers}
        yield {"type": "http.response.body", "body": recorded.answer.encode()}


@asynccontextmanager
async def replaying(name: str) -> AsyncIterator[Replay]:
    """Serve a recording while the context is open."""
    replay = Replay(exchanges(name))
    async with serving(replay) as replay.address:
        yield replay


def shape(value: Any) -> Any:
    """Return the keys and types of a value; of a list, the different shapes in it."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in sorted(value.items())}
    if isinstance(value, list):
        return sorted({json.dumps(shape(part), sort_keys=True) for part in value})
    return type(value).__name__


def events(body: str) -> list[Any]:
    """Return the events of an answer that was streamed."""
    lines = [line.removeprefix("data: ") for line in body.splitlines() if line.startswith("data: ")]
    return [line if line == "[DONE]" else json.loads(line) for line in lines]
