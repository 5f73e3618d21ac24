"""Who reads links: chosen by settings."""

from typing import Final

from activities.braked_reading import Brake, BrakedReader
from activities.reading import Reader
from domain.policy import CrawlPolicy, Policies
from runtime.settings import Settings

#: The name under which pages are kept that this machine read itself.
OURSELVES: Final = "web"


def chosen_reader(settings: Settings, policy: CrawlPolicy) -> Reader:
    """Return who reads links. Libraries are loaded here."""
    from adapters.crawl4ai.reader import Crawl4AIReader  # noqa: PLC0415  heavy, and not needed by the command line
    from adapters.web.reader import WebReader  # noqa: PLC0415

    if settings.providers.reader == "local":
        return WebReader(policy, settings.crawl.resolve)
    server = settings.crawl4ai
    return Crawl4AIReader(policy, server.url, server.key(), server.timeout, settings.crawl.resolve)


def behind_its_brake(reader: Reader, name: str, brake: Brake) -> Reader:
    """Return the reader; a crawler is left in peace while it is away. The local one asks nobody but the sites."""
    return reader if name == OURSELVES else BrakedReader(reader, name, brake)


def reader_name(settings: Settings) -> str:
    """Return the name under which is kept who has read a page."""
    return OURSELVES if settings.providers.reader == "local" else settings.providers.reader


def crawl_version(settings: Settings, policies: Policies) -> str:
    """Return what makes pages stale: another policy, another reader."""
    from adapters.crawl4ai.reader import VERSION  # noqa: PLC0415  as above

    version = policies.crawl_version()
    return version if settings.providers.reader == "local" else f"{version}-crawl4ai-{VERSION}"
