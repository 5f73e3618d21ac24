"""What a tag looks like: lower-cased, one to three words, nothing that is an address, a name of somebody or a trick."""

import re
import unicodedata
from typing import Final

from domain.folding import folded

MIN_LENGTH: Final = 2
MAX_LENGTH: Final = 60
MAX_WORDS: Final = 3

#: Marks around a tag; a # before it, too, but not behind it: C#.
_EDGES: Final = " \t\n.,;:!?\"'«»“”„()[]{}<>*_`~|/\\-–—…"
_MARKUP: Final = re.compile(r"[<>{}|\\^`\[\]]")
_ADDRESS: Final = re.compile(
    r"://|\bwww\.|\bt\.me\b|\w\.\w+/|\w\.(?:com|org|net|info|biz|io|me|ru|su|by|kz|ua|uz|рф|app|dev|site|online|shop|xyz)\b"
)


def told(candidate: str) -> str:
    """Return a candidate as it would be told: ``folded``, without the marks around it."""
    return folded(candidate).lstrip(f"{_EDGES}#").rstrip(_EDGES)


def mistake(tag: str) -> str | None:
    """Return why this is no tag, None when it is one."""
    if not MIN_LENGTH <= len(tag) <= MAX_LENGTH:
        return f"a tag has {MIN_LENGTH} to {MAX_LENGTH} characters"
    if len(tag.split()) > MAX_WORDS:
        return f"a tag has {MAX_WORDS} words at most"
    if not any(character.isalnum() for character in tag):
        return "a tag has a letter or a digit"
    if any(unicodedata.category(character)[0] == "C" for character in tag) or _MARKUP.search(tag):
        return "a tag has no control characters and no markup"
    if "@" in tag or _ADDRESS.search(tag):
        return "a tag is no address and names nobody by @"
    return None
