"""What a page says: its title and its text, without menus and advertisements."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

import trafilatura
from trafilatura.utils import detect_encoding

from contracts.errors import RefusedError
from domain.text import normalized, storable

EXCERPT: Final = 2000
#: Characters that are read of a page: an article is far shorter, and reading takes time with size.
MAX_TEXT: Final = 500_000
#: Elements among which an article is sought; a page of more is taken as the plain text it holds.
MAX_ELEMENTS: Final = 30_000
MAX_TITLE: Final = 300
_CHARSET: Final = re.compile(
    r"charset\s*=\s*[\"']?(utf-?8|(?:windows|cp)-?125\d|koi8-[ru]|iso-8859-\d{1,2}|cp866|gbk|gb2312|gb18030|big5"
    r"|shift_jis|euc-jp|euc-kr)\b",
    re.IGNORECASE,
)
_HEAD: Final = 2048  # bytes in which HTML names its encoding
_MARKS: Final = re.compile(
    r"^[ \t]*(?:#{1,6}|[-*+>]|\d{1,9}\.)[ \t]+|[*_`|~]+|!?\[([^\[\]]{0,300})\]\([^()]{0,300}\)", re.MULTILINE
)


@dataclass(frozen=True)
class Extract:
    """``markdown`` is the text with its headings and lists; ``excerpt`` its first words without any marks."""

    title: str | None
    markdown: str
    excerpt: str


def extract(body: bytes, content_type: str) -> Extract:
    """Return what the page says; takes up to seconds of processor time.

    Raises:
        RefusedError: it says nothing.
    """
    text = _decoded(body, content_type)[:MAX_TEXT]
    return said(*((None, text) if content_type.startswith("text/plain") else _article(text)))


def said(title: str | None, markdown: str) -> Extract:
    """Return what a page says whose title and text somebody found, as it is kept; of a long text its beginning.

    Raises:
        RefusedError: it says nothing.
    """
    markdown = storable(markdown[:MAX_TEXT]).strip()
    if not normalized(markdown):
        raise RefusedError("The page has no text.", "empty_page")
    title = normalized(storable(title or ""))[:MAX_TITLE]
    return Extract(title=title or None, markdown=markdown, excerpt=_excerpt(markdown))


def _excerpt(markdown: str) -> str:
    """The first words without marks. Only the beginning is looked at: the search must not take long on any text."""
    return normalized(_MARKS.sub(r"\1", markdown[: 4 * EXCERPT]))[:EXCERPT]


def _decoded(body: bytes, content_type: str) -> str:
    """The text in the encoding that the answer names, or the page itself, or UTF-8, or what it looks like.

    Decoded here and not by trafilatura, which unpacks what looks packed.
    """
    named = _CHARSET.search(content_type) or _CHARSET.search(body[:_HEAD].decode("latin-1"))
    for encoding in chain([named[1]] if named else [], ["utf-8-sig"], _looks_like(body)):
        try:
            return body.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return body.decode(errors="replace")


def _looks_like(body: bytes) -> Iterator[str]:
    """The encodings that ``body`` may be in, looked for when somebody asks."""
    yield from detect_encoding(body[:MAX_TEXT])


def _article(page: str) -> tuple[str | None, str]:
    tree = trafilatura.load_html(page)
    if tree is None:
        return None, ""
    names = [*tree.xpath("//meta[@property='og:title']/@content"), *tree.xpath("//title//text()")]
    title = next((name for text in names if (name := normalized(storable(str(text))))), None)
    markdown = None
    if sum(1 for _ in islice(tree.iter(), MAX_ELEMENTS)) < MAX_ELEMENTS:
        markdown = trafilatura.extract(tree, output_format="markdown", include_comments=False)
    return title, markdown or trafilatura.html2txt(tree) or ""
