"""Tags as they are kept: few, short, clean, and each standing in the text."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from domain.text import normalized

MAX_TAGS: Final = 5
MAX_LENGTH: Final = 60
#: Below this many characters a text alone is not worth tagging (TAGGING_MIN_CHARS of the contract).
MIN_TEXT: Final = 80

_EDGES: Final = " \t\n.,;:!?\"'«»“”„()[]{}<>*_`~|/\\#-–—"
_MARKUP: Final = re.compile(r"[<>{}|\\^`\[\]]")
_ADDRESS: Final = re.compile(
    r"@|://|\bwww\.|\bt\.me\b|\w\.\w+/|\w\.(?:com|org|net|info|biz|io|me|ru|su|by|kz|ua|uz|рф|app|dev|site|online|shop|xyz)\b"
)


def clean(candidates: Iterable[str], text: str) -> tuple[str, ...]:
    """Return at most five tags, lower-cased, each found in ``text`` (white space and case apart)."""
    haystack = normalized(text).lower()
    tags: dict[str, None] = {}
    for candidate in candidates:
        tag = normalized(candidate).lower().strip(_EDGES)
        if 2 <= len(tag) <= MAX_LENGTH and _is_plain(tag) and tag in haystack:
            tags.setdefault(tag)
        if len(tags) == MAX_TAGS:
            break
    return tuple(tags)


def _is_plain(tag: str) -> bool:
    """Whether it is no address, names nobody by @, and has no markup and nothing that is not seen."""
    unseen = any(unicodedata.category(character).startswith("C") for character in tag)
    return not (unseen or _MARKUP.search(tag) or _ADDRESS.search(tag))


def refusal(text: str, *, has_picture: bool) -> str | None:
    """Return why a text gets no tags, or None when it should be tagged."""
    if not text.strip():
        return "no_text"
    if len(text) < MIN_TEXT and not has_picture:
        return "text_too_short"
    return None
