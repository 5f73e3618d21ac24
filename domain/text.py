"""Text as it is compared, counted and embedded."""

import hashlib
import json
import re
import unicodedata
from typing import Final

_SPACE: Final = re.compile(r"\s+")
_INVISIBLE: Final = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Return ``text`` without what no store accepts: NUL and lone surrogate halves become U+FFFD."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def normalized(text: str) -> str:
    """Return ``text`` in NFC, without zero-width characters, white space collapsed."""
    return _SPACE.sub(" ", _INVISIBLE.sub("", unicodedata.normalize("NFC", text))).strip()


def content_hash(text: str) -> str:
    """Return the contract's content_hash: sha256 of the lower-cased, white-space-collapsed text."""
    return hashlib.sha256(_SPACE.sub(" ", text.lower()).strip().encode("utf-8", "replace")).hexdigest()


def tags_hash(tags: tuple[str, ...]) -> str:
    """Return the contract's tags_hash: sha256 of the JSON of the sorted set of non-empty tags."""
    names = sorted({tag for tag in tags if tag})
    return hashlib.sha256(json.dumps(names, ensure_ascii=False).encode()).hexdigest()


def word_count(text: str) -> int:
    """Return the number of words, white space between them."""
    return len(text.split())
