"""The fake crawler for trying things out: ``python -m tests.servers.crawl4ai --site city.example=127.0.0.1:8000``."""

import asyncio
from argparse import ArgumentParser, Namespace

from tests.servers.crawl4ai.internet import Internet
from tests.servers.crawl4ai.server import FakeCrawl4AI, Manners


def _words() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.servers.crawl4ai", description=__doc__)
    parser.add_argument("--port", type=int, default=11235)
    parser.add_argument("--token", help="what Authorization has to carry")
    parser.add_argument(
        "--site", action="append", default=[], metavar="HOST=ADDRESS:PORT", help="where a host answers"
    )
    return parser.parse_args()


async def _serve(words: Namespace) -> None:
    sites = dict(site.split("=", 1) for site in words.site)
    server = await FakeCrawl4AI(Internet(sites), Manners(token=words.token)).start(words.port)
    print(f"{server.url}; POST /_fake/trick takes a trick, GET /_fake/ledger counts", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(_words()))
