"""Who reads links is a setting, and another reader makes pages stale."""

import os
from pathlib import Path
from uuid import UUID

import pytest

from activities.braked_reading import BrakedReader
from activities.reading import Reader
from adapters.crawl4ai.reader import Crawl4AIReader
from adapters.web.reader import WebReader
from contracts.errors import UnavailableError
from contracts.spending import RequestEnded
from domain.policy import CrawlPolicy, Policies
from runtime.provider_settings import Crawl4AISettings, ProviderSettings
from runtime.settings import CrawlSettings, Settings, SettingsError, load_settings
from tests.servers.crawl4ai.server import FakeCrawl4AI, Manners
from workers.reading import behind_its_brake, chosen_reader, crawl_version, reader_name

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

    assert Crawl4AISettings(token_file=file).key() == "key"
    assert Crawl4AISettings.model_validate({"token": "key"}).key() == "key"
    assert Crawl4AISettings().key() is None


def test_a_token_is_never_shown() -> None:
    assert "hush" not in repr(Crawl4AISettings.model_validate({"token": "hush"}))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"token_file": "none"}, "token_file: none cannot be read"),
        ({"token_file": os.devnull}, f"token_file: {os.devnull} is empty"),
        ({"token_file": "none", "token": "key"}, "token and token_file are one too many"),
    ],
)
def test_a_token_that_cannot_be_used_is_told_at_the_start_of_who_reads_by_a_crawler(
    values: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingsError, match=f"POSTLOOM_CRAWL4AI: {said}"):
        load_settings(_env_file=None, providers={"reader": "crawl4ai"}, crawl4ai=values)

    load_settings(_env_file=None, crawl4ai=values)


@pytest.mark.parametrize(
    ("crawl4ai", "name"),
    [
        ({"url": "crawler:11235"}, "URL"),
        ({"url": "http://me:hush@crawler:11235"}, "URL"),
        ({"timeout": 60}, "TIMEOUT"),
        ({"timeout": 0}, "TIMEOUT"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told_by_its_name(crawl4ai: dict[str, object], name: str) -> None:
    with pytest.raises(SettingsError, match=f"POSTLOOM_CRAWL4AI__{name}"):
        load_settings(_env_file=None, crawl4ai=crawl4ai)


def test_a_crawler_is_asked_behind_its_brake_and_sites_without_one() -> None:
    def behind(settings: Settings) -> Reader:
        return behind_its_brake(chosen_reader(settings, CrawlPolicy()), reader_name(settings), NoBrake())

    assert isinstance(behind(CRAWLER), BrakedReader)
    assert isinstance(behind(LOCAL), WebReader)


class NoBrake:
    """Lets everybody through."""

    async def ask(self, provider: str, caller: UUID) -> bool:
        return False

    async def hear(self, ended: RequestEnded, *, is_troubled: bool) -> None:
        pass
