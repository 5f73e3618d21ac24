"""One page as the real server writes it down: every field, also those that nobody here reads."""

from typing import Any, Final

from tests.servers.crawl4ai.internet import Visit
from tests.servers.crawl4ai.markdown import Words

#: Characters in which words are looked for: a fake need not be slow with large pages as well.
_READ: Final = 100_000


def blank(url: str) -> dict[str, Any]:
    """A page of which nothing is known yet."""
    return {
        "url": url, "html": "", "fit_html": None, "success": False, "cleaned_html": None, "media": {}, "links": {},
        "downloaded_files": None, "js_execution_result": None, "screenshot": None, "pdf": None, "mhtml": None,
        "extracted_content": None, "metadata": None, "error_message": "", "session_id": None, "response_headers": None,
        "status_code": None, "ssl_certificate": None, "dispatch_result": None, "redirected_url": None,
        "redirected_status_code": None, "network_requests": None, "console_messages": None, "tables": [],
        "markdown": None, "server_memory_mb": 512.0,
    }  # fmt: skip


def read(visit: Visit, *, tidied: bool) -> dict[str, Any]:
    """A page that was read; ``tidied`` when a filter for its Markdown was asked for."""
    beginning = visit.html[:_READ]
    whole, fit = Words(beginning, fit=False), Words(beginning, fit=True)
    markdown = {
        "raw_markdown": whole.markdown,
        "markdown_with_citations": whole.markdown,
        "references_markdown": "",
        "fit_markdown": fit.markdown if tidied else "",
        "fit_html": "",
    }
    return {
        **blank(visit.url), "success": True, "html": visit.html, "cleaned_html": visit.html, "metadata": whole.metadata,
        "response_headers": dict(visit.headers), "status_code": visit.status, "redirected_url": visit.final_url,
        "redirected_status_code": visit.final_status, "markdown": markdown, "links": {"internal": [], "external": []},
        "media": {"images": [], "videos": [], "audios": []},
    }  # fmt: skip


def failed(url: str, goto: str) -> dict[str, Any]:
    """A page that the browser could not go to: the sentence, wrapped as the real one wraps it."""
    message = (
        "Unexpected error in _crawl_web at line 790 in _crawl_web (crawl4ai/async_crawler_strategy.py):\n"
        f'Error: Failed on navigating ACS-GOTO:\n{goto}\nCall log:\n  - navigating to "{url}", waiting until '
        '"domcontentloaded"\n\n\nCode context:\n 790 →   the line that failed'
    )
    return {**blank(url), "error_message": message}
