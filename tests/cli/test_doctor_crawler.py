"""What the doctor says of the crawler."""

import asyncio
from typing import Any

import pytest

from cli.doctor.checks import Finding
from cli.doctor.crawler import crawler
from runtime.provider_settings import Crawl4AISettings, ProviderSettings
from runtime.settings import Settings
from tests.servers.crawl4ai.server import FakeCrawl4AI, Manners


async def found(server: FakeCrawl4AI, **values: Any) -> Finding:
    known = {"url": server.url, "token": "key", **values}
    settings = Settings(
        _env_file=None,
        providers=ProviderSettings(reader="crawl4ai"),
        crawl4ai=Crawl4AISettings.model_validate(known),
    )
    return await asyncio.to_thread(crawler, settings)


async def test_a_crawler_that_is_well_is_told_with_its_version() -> None:
    async with FakeCrawl4AI(manners=Manners(token="key")) as server:
        finding = await found(server)

    assert finding.ok
    assert "0.9.2" in finding.found


@pytest.mark.parametrize(
    ("manners", "values", "do"),
    [
        (Manners(token="key", version="0.8.9"), {}, "run 0.9 or later"),
        (Manners(token="key"), {"token": "old"}, "correct POSTLOOM_CRAWL4AI__TOKEN"),
        (Manners(token="key"), {"token": None}, "correct POSTLOOM_CRAWL4AI__TOKEN"),
        (Manners(), {"url": "http://127.0.0.1:1"}, "POSTLOOM_CRAWL4AI__URL"),
    ],
)
async def test_what_is_wrong_with_a_crawler_is_told_with_what_to_do(
    manners: Manners, values: dict[str, Any], do: str
) -> None:
    async with FakeCrawl4AI(manners=manners) as server:
        finding = await found(server, **values)

    assert not finding.ok
    assert finding.needed
    assert do in finding.do


def test_nobody_is_asked_where_links_are_read_here() -> None:
    finding = crawler(Settings(_env_file=None))

    assert finding.ok
    assert "POSTLOOM_PROVIDERS__READER=local" in finding.found
