"""Around every call of the fake: who asks, what is counted, and what goes wrong."""

import asyncio
import base64
import json
from typing import Any
from uuid import uuid4

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.servers.gigachat.faults import Fault
from tests.servers.gigachat.state import State

_OAUTH = "/api/v2/oauth"


#: How Azure says that it does not answer this.
FILTERED = {
    "message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    "type": None,
    "param": "prompt",
    "code": "content_filter",
    "status": 400,
    "innererror": {"code": "ResponsibleAIPolicyViolation"},
}


class ClosedError(Exception):
    """The connection is closed in the middle of an answer."""


class Around:
    """Counts, authorises and fails; hands the rest on."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self._app, self.state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_fake/"):
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        state, path = self.state, scope["path"]
        state.calls[_name(scope)] += 1
        state.bodies.append((f"{scope['method']} {path}", _read(body)))
        state.at_once += 1
        state.most_at_once = max(state.most_at_once, state.at_once)
        try:
            await self._answer(scope, body, receive, self._told(scope, send))
        finally:
            state.at_once -= 1

    async def _answer(self, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        fault = self._fault(f"{scope['method']} {scope['path']}", body)
        if fault and fault.latency:
            await asyncio.sleep(fault.latency)
        refusal = self._unauthorized(scope) or self._crowded(scope)
        if fault and not refusal:
            refusal = _failed(fault)
        scope["state"] = {"fault": fault}
        if fault and fault.how == "hang":
            await _gone(receive)
        elif fault and fault.how == "hang_after_billing":
            await self._app(scope, _once(body, receive), _nowhere)
            await _gone(receive)
        elif fault and fault.how == "close":
            await _close(send)
        else:
            await (refusal or self._app)(scope, _once(body, receive), send)

    def _fault(self, call: str, body: bytes) -> Fault | None:
        said = json.dumps(_read(body), ensure_ascii=False)
        return next((fault for fault in self.state.faults if fault.takes(call, said)), None)

    def _unauthorized(self, scope: Scope) -> Response | None:
        """A key and an RqUID for a token, a token for everything else."""
        kind, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        if scope["path"] == _OAUTH:
            if not _is_base64(given):
                return JSONResponse({"code": 4, "message": "Can't decode 'Authorization' header"}, 400)
            if "rquid" not in Headers(scope=scope):
                return JSONResponse({"code": 1, "message": "RqUID is required"}, 400)
            right = (kind, given) == ("Basic", self.state.key)
            return None if right else JSONResponse({"code": 6, "message": f"wrong key {given}"}, 401)
        known = given == self.state.key if "/openai/" in scope["path"] else self.state.knows(given)
        if kind == "Bearer" and known:
            return None
        return JSONResponse({"status": 401, "message": f"Token has expired: {given}"}, 401)

    def _crowded(self, scope: Scope) -> Response | None:
        if "/chat/" in scope["path"] and self.state.at_once > self.state.streams:
            return JSONResponse({"status": 429, "message": "Too many requests"}, 429)
        return None

    def _told(self, scope: Scope, send: Send) -> Send:
        """Every answer has its ids, and every status is counted."""
        session = Headers(scope=scope).get("x-session-id") or str(uuid4())

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.state.statuses[message["status"]] += 1
                ids = [(b"x-request-id", str(uuid4()).encode()), (b"x-session-id", session.encode())]
                message["headers"] = [*message["headers"], *ids]
            await send(message)

        return sending


def _failed(fault: Fault) -> Response | None:
    if fault.how == "html":
        return HTMLResponse("<html><body>Bad gateway</body></html>", 200)
    if fault.how == "filtered":
        return JSONResponse({"error": FILTERED}, 400)
    if fault.how != "status":
        return None
    headers = {"Retry-After": fault.retry_after} if fault.retry_after else None
    return JSONResponse({"status": fault.status, "message": fault.message}, fault.status, headers)


def _name(scope: Scope) -> str:
    """``chat``, ``files``, ``delete``, … : what is counted."""
    parts = scope["path"].strip("/").split("/")
    if parts[-1] in {"delete", "content"}:
        return str(parts[-1])
    return "upload" if (scope["method"], parts[-1]) == ("POST", "files") else str(parts[2])


def _is_base64(key: str) -> bool:
    try:
        return bool(base64.b64decode(key, validate=True))
    except ValueError:
        return False


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if not message.get("more_body"):
            return body


def _once(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, then whatever else comes."""
    bodies = iter([body])

    async def receiving() -> Message:
        for whole in bodies:
            return {"type": "http.request", "body": whole}
        return await receive()

    return receiving


async def _gone(receive: Receive) -> None:
    """Return when whoever asked has given up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _nowhere(message: Message) -> None:
    """What was answered is not sent."""


async def _close(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
    await send({"type": "http.response.body", "body": b'{"choices": [', "more_body": True})
    raise ClosedError
