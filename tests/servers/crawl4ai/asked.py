"""What the fake crawler is asked for, refused where the real one refuses it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

from tests.servers.crawl4ai.wire import Request

_MOST_URLS: Final = 100
#: Types that a body may name, and fields that none may carry, since 0.9.
_TYPES: Final = {
    "CrawlerRunConfig", "BrowserConfig", "CacheMode", "DefaultMarkdownGenerator", "PruningContentFilter",
    "BM25ContentFilter", "LXMLWebScrapingStrategy",
}  # fmt: skip
_FORBIDDEN: Final = {
    "js_code", "js_code_before_wait", "c4a_script", "proxy", "proxy_config", "extra_args", "user_data_dir", "cdp_url",
    "cookies", "headers", "init_scripts", "base_url", "deep_crawl_strategy", "simulate_user", "magic",
    "process_in_browser",
}  # fmt: skip


class RejectedBodyError(Exception):
    """The body is not taken."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(str(detail))
        self.status, self.detail = status, detail


@dataclass(frozen=True)
class Asked:
    """``seconds`` is how long the browser waits for a page, ``tidied`` whether a filter makes its Markdown tidy."""

    urls: list[str]
    seconds: float | None = None
    tidied: bool = False
    streams: bool = False

    @classmethod
    def of(cls, request: Request) -> Self:
        """Read a request, or raise :class:`RejectedBodyError`."""
        body = request.json()
        if request.path == "/md":
            return cls([body["url"]], tidied=True)
        urls = body.get("urls") if isinstance(body, dict) else None
        if not isinstance(urls, list) or not 1 <= len(urls) <= _MOST_URLS:
            raise RejectedBodyError(422, [{"loc": ["body", "urls"], "msg": "Field required"}])
        _check([body.get("crawler_config"), body.get("browser_config")])
        params = (body.get("crawler_config") or {}).get("params", {})
        timeout, generator = params.get("page_timeout"), params.get("markdown_generator", {})
        return cls(
            urls=urls,
            seconds=timeout / 1000 if timeout else None,
            tidied="content_filter" in generator.get("params", {}),
            streams=bool(params.get("stream")),
        )


def _check(said: Any) -> None:
    for name, value in _fields(said):
        if name in _FORBIDDEN:
            raise RejectedBodyError(400, f"Rejected request: field '{name}' is not allowed")
        if name == "type" and value not in _TYPES:
            raise RejectedBodyError(400, f"Rejected request: type '{value}' is not allowed")


def _fields(said: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(said, dict):
        yield from said.items()
    for part in said.values() if isinstance(said, dict) else said if isinstance(said, list) else ():
        yield from _fields(part)
