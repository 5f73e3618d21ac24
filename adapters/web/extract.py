"""What a page says: its title and its text, without menus and advertisements."""

import re
from dataclasses import dataclass
from typing import Final

import trafilatura

from contracts.errors import RefusedError
from domain.text import normalized, storable

EXCERPT: Final = 2000
#: Characters that are read of a page: an article is far shorter, and reading takes time with size.
MAX_TEXT: Final = 1_000_000
MAX_TITLE: Final = 300
_CHARSET: Final = re.compile(
    r"charset=[\"']?(utf-?8|(?:windows|cp)-?125\d|koi8-[ru]|iso-8859-\d{1,2}|cp866|gbk|gb2312|gb18030|big5"
    r"|shift_jis|euc-jp|euc-kr)\b",
    re.IGNORECASE,
)
_MARKS: Final = re.compile(r"^\s*(?:#{1,6}|[-*+>]|\d+\.)\s+|[*_`|~]+|\[([^\]]*)\]\([^)]*\)", re.MULTILINE)


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
    text: str | bytes = _decoded(body, content_type)
    if content_type.startswith("text/plain"):
        title, markdown = None, text if isinstance(text, str) else text.decode(errors="replace")
    else:
        title, markdown = _article(text)
    markdown = storable(markdown).strip()
    if not normalized(markdown):
        raise RefusedError("The page has no text.", "empty_page")
    return Extract(title=title, markdown=markdown, excerpt=normalized(_MARKS.sub(r"\1", markdown))[:EXCERPT])


def _decoded(body: bytes, content_type: str) -> str | bytes:
    """The text if the answer names its encoding; the bytes else, for trafilatura to find it out."""
    named = _CHARSET.search(content_type)
    if named is None:
        return body[:MAX_TEXT]
    try:
        return body.decode(named[1], errors="replace")[:MAX_TEXT]
    except LookupError:
        return body[:MAX_TEXT]


def _article(page: str | bytes) -> tuple[str | None, str]:
    tree = trafilatura.load_html(page)
    if tree is None:
        return None, ""
    names = [*tree.xpath("//meta[@property='og:title']/@content"), *tree.xpath("//title//text()")]
    title = next((name for text in names if (name := normalized(storable(str(text))))), None)
    markdown = trafilatura.extract(tree, output_format="markdown", include_comments=False)
    return title and title[:MAX_TITLE], markdown or trafilatura.html2txt(tree) or ""
