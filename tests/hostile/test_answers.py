"""No answer of a crawler takes the process's memory: not the largest that is read, whatever it is made of."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from adapters.crawl4ai.reader import ROOM
from domain.policy import CrawlPolicy
from tests.servers.crawl4ai.results import blank
from tests.servers.crawl4ai.wire import Reply, request_from

_ROOT: Final = Path(__file__).parents[2]
MOST_MEMORY: Final = 300_000_000
PAGE: Final = CrawlPolicy().max_response_bytes
WHOLE: Final = ROOM * PAGE
URL: Final = "http://a.example/"


def document(**fields: Any) -> bytes:
    page = {**blank(URL), "success": True, "status_code": 200, **fields}
    return json.dumps({"success": True, "results": [page]}, ensure_ascii=False).encode()


def filled(piece: str) -> bytes:
    """A page as large as is read, twice in an answer as large as is read; ``piece`` is what it is made of."""
    page = piece * ((PAGE - 1000) // len(piece.encode()))
    return document(html=page, markdown={"raw_markdown": page, "fit_markdown": ""})


def stuffed(begin: bytes, piece: bytes, end: bytes) -> bytes:
    return begin + piece * ((WHOLE - len(begin) - len(end)) // len(piece)) + end


def in_results(piece: bytes) -> bytes:
    return stuffed(b'{"results": [{"success": true, "html": "x", "links": [', piece, b"0]}]}")


TOO_MUCH: Final = "RefusedError: The page has more links and pictures than are read."
#: What the answer is, and what becomes of it.
ANSWERS: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "letters": (partial(filled, "a"), "read: "),
    "cyrillic": (partial(filled, "я "), "read: "),
    "emoji": (partial(filled, "😀 "), "read: "),
    "one emoji among letters": (lambda: filled("a").replace(b"aaaa", "😀".encode(), 3), "read: "),
    "a million lists": (partial(in_results, b"[],"), TOO_MUCH),
    "a million objects": (partial(in_results, b'{"a":{}},'), TOO_MUCH),
    "numbers": (partial(in_results, b"1,"), TOO_MUCH),
    "as many objects as are read": (lambda: document(html="x", links=[{"a": 1}] * 240_000, markdown="y"), "read: 1 "),
    "names": (lambda: stuffed(b'{"results": [{"success": true, "metadata": {', b'"a":[],', b'"b":0}}]}'), TOO_MUCH),
    "a string without an end": (lambda: stuffed(b'{"results": ', b'\\"', b""), "UnavailableError"),
    "a byte too many": (lambda: filled("a").ljust(WHOLE + 1), "RefusedError: The page is larger"),
    "far too many": (lambda: b" " * (2 * WHOLE), "RefusedError: The page is larger"),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
async def test_no_answer_of_a_crawler_takes_much_memory(name: str) -> None:
    make, outcome = ANSWERS[name]
    await try_answer(make(), outcome)


async def test_no_stream_of_a_crawler_takes_much_memory() -> None:
    """It is asked for where the first answer says nothing."""
    await try_answer(b"\n" * WHOLE, "UnavailableError", first=Reply(500, b"{}"))


async def try_answer(answer: bytes, outcome: str, first: Reply | None = None) -> None:
    """Read a page by a crawler that answers this, in a process of its own; ``first`` comes before it."""
    replies = [Reply(200, answer), *([first] if first else [])]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await request_from(reader)
            writer.write((replies.pop() if len(replies) > 1 else replies[0]).encoded())
            await writer.drain()
        except OSError:
            pass  # whoever asked has had enough
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        words = ("-m", "tests.hostile.crawl", f"http://127.0.0.1:{port}")
        process = await asyncio.create_subprocess_exec(sys.executable, *words, cwd=_ROOT, stdout=PIPE)
        said, _ = await process.communicate()

    look = json.loads(said)
    assert look["outcome"].startswith(outcome)
    assert look["peak"] < MOST_MEMORY, look
