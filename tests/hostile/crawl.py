"""Reads a page by the crawler at each address, in a process of its own: ``python -m tests.hostile.crawl URL…``.

A line of JSON for each says what became of it, and the most memory of the process (bytes).
"""

import asyncio
import json
import sys

from adapters.crawl4ai.reader import Crawl4AIReader
from contracts.errors import PipelineError
from domain.policy import CrawlPolicy
from tests.hostile.measured import forget_peak, peak


async def anywhere(host: str, port: int) -> tuple[str, ...]:
    return ("93.184.216.34",)


async def _outcome(url: str) -> str:
    try:
        page = await Crawl4AIReader(CrawlPolicy(), url, None, 60.0, resolver=anywhere).read(
            "http://a.example/"
        )
    except PipelineError as error:
        return f"{type(error).__name__}: {error}"
    return f"read: {len(page.html)} bytes"


async def _main() -> None:
    for url in sys.argv[1:]:
        forget_peak()
        print(json.dumps({"outcome": await _outcome(url), "peak": peak()}), flush=True)


asyncio.run(_main())
