"""Links as they are compared: one page, one address."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from contracts.identity import digest

MAX_LENGTH: Final = 2048
_LINK: Final = re.compile(r"https?://[^\s<>\"'«»\])}]+", re.IGNORECASE)
_TRACKING: Final = re.compile(r"^(utm_.*|gclid|fbclid|yclid|_openstat)$", re.IGNORECASE)


def found_in(text: str) -> tuple[str, ...]:
    """Return the http(s) links that stand in ``text``, in order, each once."""
    return unique(match.rstrip(".,;:!?…") for match in _LINK.findall(text))


def unique(links: Iterable[str]) -> tuple[str, ...]:
    """Return the readable ones among ``links``, normalised, in order, each once."""
    kept = (normalized(link) for link in links if len(link) <= MAX_LENGTH)
    return tuple(dict.fromkeys(link for link in kept if link))


def normalized(link: str) -> str:
    """Return ``link`` with scheme and host lower-cased, tracking parameters and fragment gone; '' if it is none."""
    try:
        parts = urlsplit(link.strip())
        if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
            return ""
        query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(k)]
    except ValueError:
        return ""
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", urlencode(query), ""))


def page_key(link: str, policy_version: str) -> str:
    """Return the key under which a page read from ``link`` is kept (64 hex digits)."""
    return digest(normalized(link), policy_version)
