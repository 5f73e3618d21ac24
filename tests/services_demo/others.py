"""What belongs to others, on this machine: a fake GigaChat, a fake crawler, a real S3 and a real Neo4j."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from examples.site import HOST, DemoSite
from runtime.embedded.neo4j_server import neo4j_server
from runtime.embedded.s3_server import s3_server
from tests.servers.crawl4ai.internet import Internet
from tests.servers.crawl4ai.server import FakeCrawl4AI, Manners
from tests.servers.gigachat.serving import KEY, FakeGigaChat, fake_gigachat

SAMPLE = Path(__file__).parents[2] / "examples" / "city_channel"
_TOKEN = "token-of-the-demo"
#: Prices of nobody, in roubles for a million tokens, so that there is something to add up.
_PRICES = """\
schema_version: 1
spending:
  currency: RUB
  prices:
    - {provider: gigachat, input: 200, output: 400}
"""


@dataclass(frozen=True)
class Others:
    """They answer; ``environment`` says where, to a service that is to use them."""

    gigachat: FakeGigaChat
    crawler: FakeCrawl4AI
    environment: dict[str, str]


@asynccontextmanager
async def others(folder: Path, say: Callable[[str], None]) -> AsyncIterator[Others]:
    """Run all of them while the context is open; buckets and graph stay in ``folder``.

    Raises:
        StackError: one of the real servers cannot be fetched, built or started.
    """
    folder.mkdir(parents=True, exist_ok=True)
    policies = folder / "policies.yaml"
    policies.write_text(_PRICES, encoding="utf-8")
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(DemoSite(SAMPLE / "pages"))
        gigachat = await stack.enter_async_context(fake_gigachat())
        crawler = FakeCrawl4AI(Internet({HOST: site.address}), Manners(token=_TOKEN))
        await stack.enter_async_context(crawler)
        s3 = await stack.enter_async_context(s3_server(folder / "s3", say))
        neo4j = await stack.enter_async_context(neo4j_server(folder / "neo4j", say))
        yield Others(gigachat, crawler, {
            "POSTLOOM_PROVIDERS__TAGS": "gigachat", "POSTLOOM_PROVIDERS__VISION": "gigachat",
            "POSTLOOM_PROVIDERS__READER": "crawl4ai", "POSTLOOM_POLICIES": str(policies),
            "POSTLOOM_GIGACHAT__BASE_URL": gigachat.base_url, "POSTLOOM_GIGACHAT__AUTH_URL": gigachat.auth_url,
            "POSTLOOM_GIGACHAT__CREDENTIALS": KEY, "POSTLOOM_CRAWL4AI__URL": crawler.url,
            "POSTLOOM_CRAWL4AI__TOKEN": _TOKEN, "POSTLOOM_CRAWL__RESOLVE": json.dumps({HOST: site.address}),
            "POSTLOOM_S3__BUCKET": "postloom", "POSTLOOM_S3__ENDPOINT_URL": s3.url,
            "POSTLOOM_S3__ACCESS_KEY": s3.access_key, "POSTLOOM_S3__SECRET_KEY": s3.secret_key,
            "POSTLOOM_S3__CREATE_BUCKET": "true", "POSTLOOM_NEO4J__URL": neo4j.url,
            "POSTLOOM_NEO4J__USER": neo4j.user, "POSTLOOM_NEO4J__PASSWORD": neo4j.password,
        })  # fmt: skip
