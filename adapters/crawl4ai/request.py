"""What a Crawl4AI server is asked: one page, by a body that it takes from strangers since 0.9."""

from typing import Any


def crawl_of(url: str, page_seconds: float) -> dict[str, Any]:
    """Return the body for ``url``; the browser waits ``page_seconds`` for the page.

    Nothing of it runs code, carries cookies or leads elsewhere. The crawler's cache is off: pages are kept by us. The
    filter is what makes the tidier Markdown.
    """
    tidied = _typed("DefaultMarkdownGenerator", content_filter=_typed("PruningContentFilter"))
    config = _typed(
        "CrawlerRunConfig",
        cache_mode={"type": "CacheMode", "params": "bypass"},
        page_timeout=round(page_seconds * 1000),
        markdown_generator=tidied,
    )
    return {"urls": [url], "browser_config": {}, "crawler_config": config}


def _typed(kind: str, **params: Any) -> dict[str, Any]:
    return {"type": kind, "params": params}
