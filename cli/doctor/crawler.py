"""What the doctor finds of the crawler."""

from typing import Final

from cli.doctor.checks import Finding
from contracts.errors import UnavailableError
from runtime.provider_settings import Crawl4AISettings
from runtime.settings import Settings

_SECONDS: Final = 5.0
_NAME: Final = "Crawl4AI"


def crawler(settings: Settings) -> Finding:
    """Who reads links; a Crawl4AI server is asked how it is."""
    if settings.providers.reader == "local":
        return Finding(
            _NAME, ok=True, found="not asked: links are read here (POSTLOOM_PROVIDERS__READER=local)"
        )
    try:
        return _examined(settings.crawl4ai)
    except UnavailableError as error:
        found = f"{settings.crawl4ai.url}: {error}"
        return Finding(_NAME, ok=False, found=found, do="start it, or correct POSTLOOM_CRAWL4AI__URL")


def _examined(server: Crawl4AISettings) -> Finding:
    from adapters.crawl4ai.health import health_of

    health = health_of(server.url, server.key(), _SECONDS)
    found = f"configured: {server.url} (version {health.version})"
    if not health.lets_us_in:
        return Finding(
            _NAME, ok=False, found=f"{found}: does not let us in", do="correct POSTLOOM_CRAWL4AI__TOKEN"
        )
    do = "run 0.9 or later: earlier ones lead strangers' links into your own network"
    return Finding(_NAME, ok=health.is_recent, found=found, do=do)
