"""A page's words, as the fake crawler finds them: all of them, or without what stands around the text."""

from html.parser import HTMLParser
from typing import Final

_SILENT: Final = {"script", "style", "template", "noscript"}
_AROUND: Final = {"nav", "header", "footer", "aside", "form"}
_BLOCKS: Final = {"p", "div", "article", "section", "li", "br", "h1", "h2", "h3", "body", "tr"}


class Words(HTMLParser):
    """Reads a page; ``fit`` leaves out menus and such."""

    def __init__(self, page: str, *, fit: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.metadata: dict[str, str | None] = {"title": None, "description": None}
        self._left_out = _SILENT | (_AROUND if fit else set())
        self._within: list[str] = []
        self._in_title = False
        self._pieces: list[str] = []
        self.feed(page)

    @property
    def markdown(self) -> str:
        """What the page says, a line for each block."""
        lines = (" ".join(line.split()) for line in "".join(self._pieces).split("\n"))
        return "\n\n".join(line for line in lines if line)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "meta" and (name := known.get("property") or known.get("name")):
            self.metadata[name] = known.get("content")
        self._in_title = tag == "title"
        if tag in self._left_out:
            self._within.append(tag)
        if tag in _BLOCKS:
            self._pieces.append("\n" + ("# " if tag == "h1" else ""))

    def handle_endtag(self, tag: str) -> None:
        self._in_title = False
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.metadata["title"] = (self.metadata["title"] or "") + data
        elif not self._within:
            self._pieces.append(data)
