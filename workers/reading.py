"""Who reads links: chosen by settings."""

from activities.braked_reading import Brake, BrakedReader
from activities.reading import Reader
from domain.policy import CrawlPolicy, Policies
from runtime.settings import Settings


def chosen_reader(settings: Settings, policy: CrawlPolicy) -> Reader:
    """Return who reads links. Libraries are loaded here."""
    from adapters.crawl4ai.reader import Crawl4AIReader  # noqa: PLC0415  heavy, and not needed by the command line
    from adapters.web.reader import WebReader  # noqa: PLC0415

    if settings.providers.reader == "local":
        return WebReader(policy, settings.crawl.resolve)
    server = settings.crawl4ai
    return Crawl4AIReader(policy, server.url, server.key(), server.timeout, settings.crawl.resolve)


def behind_its_brake(reader: Reader, brake: Brake) -> Reader:
    """Return the reader; a crawler is left in peace while it is away. The local one asks nobody but the sites."""
    from adapters.crawl4ai.reader import Crawl4AIReader  # noqa: PLC0415  as above

    return BrakedReader(reader, "crawl4ai", brake) if isinstance(reader, Crawl4AIReader) else reader


def reader_name(settings: Settings) -> str:
    """Return the name under which is kept who has read a page."""
    return "web" if settings.providers.reader == "local" else settings.providers.reader


def crawl_version(settings: Settings, policies: Policies) -> str:
    """Return what makes pages stale: another policy, another reader."""
    from adapters.crawl4ai.reader import VERSION  # noqa: PLC0415  as above

    version = policies.crawl_version()
    return version if settings.providers.reader == "local" else f"{version}-crawl4ai-{VERSION}"
