"""Who reads links is a setting, and another reader makes pages stale."""

from pathlib import Path

import pytest

from adapters.crawl4ai.reader import Crawl4AIReader
from adapters.web.reader import WebReader
from contracts.errors import UnavailableError
from domain.policy import CrawlPolicy, Policies
from runtime.provider_settings import ProviderSettings
from runtime.settings import (
    Crawl4AISettings,
    CrawlSettings,
    Settings,
    SettingsError,
    load_settings,
)
from tests.servers.crawl4ai.server import FakeCrawl4AI, Manners
from workers.reading import chosen_reader, crawl_version, reader_name

LOCAL = Settings(_env_file=None)
CRAWLER = Settings(_env_file=None, providers=ProviderSettings(reader="crawl4ai"))


def test_links_are_read_here_unless_a_crawler_is_chosen() -> None:
    assert isinstance(chosen_reader(LOCAL, CrawlPolicy()), WebReader)
    assert isinstance(chosen_reader(CRAWLER, CrawlPolicy()), Crawl4AIReader)


def test_another_reader_makes_pages_stale_and_the_local_one_is_what_it_was() -> None:
    policies = Policies()

    assert crawl_version(LOCAL, policies) == policies.crawl_version()
    assert crawl_version(CRAWLER, policies) == f"{policies.crawl_version()}-crawl4ai-1"


def test_what_was_read_is_kept_under_the_name_of_who_read_it() -> None:
    assert (reader_name(LOCAL), reader_name(CRAWLER)) == ("web", "crawl4ai")


async def test_the_token_of_the_setting_reaches_the_crawler() -> None:
    async with FakeCrawl4AI(manners=Manners(token="key")) as server:
        settings = Settings(
            _env_file=None,
            providers=ProviderSettings(reader="crawl4ai"),
            crawl4ai=Crawl4AISettings.model_validate({"url": server.url, "token": "key"}),
            crawl=CrawlSettings(resolve={"a.example": "127.0.0.1:80"}),
        )
        server.trick = "no_results"
        with pytest.raises(UnavailableError, match="cannot be read"):
            await chosen_reader(settings, CrawlPolicy()).read("http://a.example/", _free)


async def _free(host: str) -> None:
    pass


def test_a_token_may_stand_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("key\n", encoding="utf-8")

    assert Crawl4AISettings(token_file=file).secret() == "key"
    assert Crawl4AISettings.model_validate({"token": "key"}).secret() == "key"
    assert Crawl4AISettings().secret() is None


def test_a_token_is_never_shown() -> None:
    assert "hush" not in repr(Crawl4AISettings.model_validate({"token": "hush"}))


def test_a_token_file_that_is_not_there_is_told_by_the_name_of_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="POSTLOOM_CRAWL4AI__TOKEN_FILE"):
        Crawl4AISettings(token_file=tmp_path / "none").secret()


@pytest.mark.parametrize(
    ("crawl4ai", "name"),
    [({"url": "crawler:11235"}, "URL"), ({"timeout": 60}, "TIMEOUT"), ({"timeout": 0}, "TIMEOUT")],
)
def test_a_setting_that_cannot_be_used_is_told_by_its_name(crawl4ai: dict[str, object], name: str) -> None:
    with pytest.raises(SettingsError, match=f"POSTLOOM_CRAWL4AI__{name}"):
        load_settings(_env_file=None, crawl4ai=crawl4ai)
