"""Whose fault it is that a page was not read: the page's, the site's for now, or the crawler's own."""

import re
from typing import Final, NoReturn

from adapters.crawl4ai.results import Result
from adapters.web.status import check_status
from contracts.errors import LinkFailedError, PipelineError, RefusedError, UnavailableError

#: What the browser says of going to a page. Codes, not sentences: what stands around them is a stranger's to choose.
_WENT: Final = re.compile(
    r"\bPage\.\w+: (?:net::(?P<code>ERR_[A-Z0-9_]+)|(?P<slow>Timeout \d+ ?ms exceeded)"
    r"|(?P<file>Download is starting)|(?P<restless>Navigation to .{0,2100} is interrupted by another navigation"
    r"|Unable to retrieve content because the page is navigating))"
)
#: The browser's codes for what will not change …
_REFUSED: Final = {
    "ERR_ABORTED": "content_type",  # how a browser takes a file that it is not to download
    "ERR_TOO_MANY_REDIRECTS": "too_many_redirects",
    "ERR_UNSAFE_PORT": "port_not_allowed",
    "ERR_UNSAFE_REDIRECT": "scheme_not_allowed",
    "ERR_UNKNOWN_URL_SCHEME": "scheme_not_allowed",
    "ERR_INVALID_URL": "bad_url",
}
_REFUSED_BEGINNINGS: Final = {"ERR_CERT_": "tls_error", "ERR_SSL_": "tls_error"}
#: … for what may be over soon; any other is a ``connection`` that did not hold …
_FAILED: Final = {
    "ERR_TIMED_OUT": "timeout",
    "ERR_CONNECTION_TIMED_OUT": "timeout",
    "ERR_NAME_NOT_RESOLVED": "dns_unavailable",  # we found the name a moment ago
    "ERR_HTTP_RESPONSE_CODE_FAILURE": "http_5xx",  # an error without a page: its status is not told
}
#: … and for what is wrong where the browser runs.
_OURS: Final = {
    "ERR_INSUFFICIENT_RESOURCES", "ERR_INTERNET_DISCONNECTED", "ERR_NETWORK_CHANGED", "ERR_NO_BUFFER_SPACE",
    "ERR_NO_SUPPORTED_PROXIES", "ERR_OUT_OF_MEMORY", "ERR_PROXY_CONNECTION_FAILED", "ERR_UNEXPECTED",
}  # fmt: skip
_BLOCKED_BY_SITE: Final = "Blocked by anti-bot protection"
_TOO_OFTEN: Final = "Rate limit retry count exceeded"
#: What the crawler's own gate to the network answers in the place of a page that it did not fetch.
_GATE: Final = "URL blocked"


def check(result: Result) -> None:
    """Do nothing where the crawler has read the page.

    Raises:
        RefusedError: the page will never do.
        LinkFailedError: the site did not answer, or not now.
        UnavailableError: the crawler did not manage, and that says nothing of the page.
    """
    if result.header("x-egress-status"):
        raise blocked()
    if result.status == 403 and result.text.strip("`\n ") == _GATE:
        raise LinkFailedError(
            "The crawler could not reach the site, or its own gate is closed.", "connection"
        )
    if result.status is not None and result.status >= 400:
        check_status(result.status)
    if not result.success:
        _say_why(result.error_message or "")


def blocked() -> RefusedError:
    """Return that the crawler's own gate does not let the link through."""
    return RefusedError("The crawler is not allowed to go there.", "blocked_by_crawler")


def _say_why(message: str) -> NoReturn:
    if message.startswith(_BLOCKED_BY_SITE):
        raise RefusedError("The site turns crawlers away.", "forbidden")
    if message.startswith(_TOO_OFTEN):
        raise LinkFailedError("The site asks to come back later.", "rate_limited")
    if message.startswith(_GATE):
        raise blocked()
    went = _WENT.search(message)
    if went is None:
        raise UnavailableError("The crawler failed, and not for the page's sake.")
    if went["code"]:
        raise _of_code(went["code"])
    if went["file"]:
        raise RefusedError("The link leads to something that is no page.", "content_type")
    raise LinkFailedError("The page was not there in time.", "timeout")


def _of_code(code: str) -> PipelineError:
    if code in _OURS:
        return UnavailableError(f"The crawler's browser cannot work: {code}.")
    beginnings = (reason for begin, reason in _REFUSED_BEGINNINGS.items() if code.startswith(begin))
    if reason := _REFUSED.get(code) or next(beginnings, None):
        return RefusedError(f"The browser does not take the page: {code}.", reason)
    return LinkFailedError(f"The site did not answer properly: {code}.", _FAILED.get(code, "connection"))
