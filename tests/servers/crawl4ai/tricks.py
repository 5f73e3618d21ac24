"""The ways in which the fake crawler can be told to fail."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

from tests.servers.crawl4ai.results import blank
from tests.servers.crawl4ai.wire import Reply, said

_GONE: Final = "BrowserContext.new_page: Target page, context or browser has been closed"
OPAQUE: Final = {"error": "Internal server error", "correlation_id": "3f2a9c01d7e4"}


def _canned(**fields: Any) -> Reply:
    """Success without, and within what ``fields`` say."""
    return said(200, {"success": True, "results": [{**blank("https://a.example/"), **fields}]})


#: Each is the answer to whatever is asked.
TRICKS: Final[dict[str, Callable[[], Reply]]] = {
    "queue_full": lambda: said(503, {"detail": "Job queue is full"}, **{"Retry-After": "7"}),
    "overloaded": lambda: said(503, {"detail": "Server is at capacity"}),
    "too_often": lambda: said(429, {"error": "Rate limit exceeded: 1000 per 1 minute"}, **{"Retry-After": "42"}),
    "too_often_silent": lambda: said(429, {"error": "Rate limit exceeded: 1000 per 1 minute"}),
    "too_often_forever": lambda: said(429, {"detail": "no"}, **{"Retry-After": "99999999999999"}),
    "deadline": lambda: said(504, {"detail": "Crawl exceeded the time limit"}),
    "disallowed": lambda: said(400, {"detail": "URL blocked (SSRF protection): URL blocked"}),
    "rejected_config": lambda: said(400, {"detail": "Rejected request: field 'page_timeout' is not allowed"}),
    "bad_gateway": lambda: Reply(502, b"<h1>502 Bad Gateway</h1>", "text/html"),
    "gateway_timeout": lambda: Reply(504, b"<h1>504 Gateway Time-out</h1>", "text/html"),
    "bad_request_of_a_proxy": lambda: Reply(400, b"<h1>400 Bad Request</h1>", "text/html"),
    "body_too_large": lambda: said(413, {"detail": "Request body too large"}),
    "not_validated": lambda: said(422, {"detail": [{"loc": ["body", "urls"], "msg": "Field required"}]}),
    "not_there": lambda: said(404, {"detail": "Not Found"}),
    "moved": lambda: said(307, {}, Location="http://127.0.0.1:1/crawl"),
    "crashed": lambda: said(500, OPAQUE),
    "cut": lambda: Reply(200, b'{"success": true, "results": [{"url": ' + b"x" * 4096, cut_after=300),
    "no_json": lambda: Reply(200, b"<h1>It works!</h1>", "text/html"),
    "no_results": lambda: said(200, {"success": True, "results": []}),
    "no_result_at_all": lambda: said(200, {"success": True}),
    "nested": lambda: Reply(200, b'{"results": ' + b"[" * 200_000),
    "wrong_types": lambda: said(200, {"success": True, "results": [{"success": "perhaps", "html": 7}]}),
    "packed": lambda: said(200, {"success": True}, **{"Content-Encoding": "br"}),
    "browser_gone": lambda: _canned(error_message=_GONE),
    "launch_slow": lambda: _canned(error_message="BrowserType.launch: Timeout 180000ms exceeded."),
    "offline": lambda: _canned(error_message="Page.goto: net::ERR_INTERNET_DISCONNECTED at https://a.example/"),
    "said_nothing": lambda: _canned(error_message=None),
}  # fmt: skip


async def slow() -> None:
    """Never answer."""
    await asyncio.Event().wait()


def as_lines(results: list[dict[str, Any]]) -> bytes:
    """Results as the real server streams them: escaped, a line each, and one that says it is complete."""
    lines = [json.dumps(result) for result in results]
    return "\n".join([*lines, json.dumps({"status": "completed"})]).encode()
