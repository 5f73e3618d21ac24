"""What a Crawl4AI server says of one page: as one JSON document, or as lines of a stream.

It says much more than is asked: every link and every picture of the page. That cannot be left out of its answer without
leaving their words out of the text; so it is left out here, while the answer is read.
"""

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ValidationError

from adapters.crawl4ai import bulk
from contracts.errors import UnavailableError
from domain.text import storable

#: The headers of a page's answer that matter.
Header = Literal["content-type", "x-egress-status"]
_TITLES: Final = ("og:title", "title")


def _cleaned(value: object) -> object:
    return storable(value) if isinstance(value, str) else value


#: Text of a stranger's page: JSON can carry halves of characters, which no store takes.
Text = Annotated[str, BeforeValidator(_cleaned)]


class Markdown(BaseModel):
    """``fit_markdown`` is the page without menus and advertisements; empty where none was made."""

    raw_markdown: Text | None = None
    fit_markdown: Text | None = None


class Result(BaseModel):
    """One page. ``status_code`` is that of the first answer, ``redirected_…`` what stood at the end of redirects."""

    url: Text = ""
    success: bool
    status_code: int | None = None
    redirected_status_code: int | None = None
    redirected_url: Text | None = None
    html: Text | None = None
    markdown: Markdown | Text | None = None
    metadata: dict[str, Any] | None = None
    response_headers: dict[str, Any] | None = None
    error_message: Text | None = None

    @property
    def status(self) -> int | None:
        """The status of the page itself; None where nothing answered."""
        return self.redirected_status_code or self.status_code

    @property
    def final_url(self) -> str:
        """Where the page was found in the end."""
        return self.redirected_url or self.url

    @property
    def text(self) -> str:
        """The page as Markdown, the tidier one where there are two; '' when it says nothing."""
        if isinstance(self.markdown, Markdown):
            tidy = self.markdown.fit_markdown or ""
            return tidy if tidy.strip() else self.markdown.raw_markdown or ""
        return self.markdown or ""

    @property
    def title(self) -> str | None:
        """The title that the page gives itself."""
        known = self.metadata or {}
        return next((name for key in _TITLES if isinstance(name := known.get(key), str)), None)

    def header(self, name: Header) -> str:
        """Return a header of the page's answer; '' where it has none."""
        found = (str(value) for key, value in (self.response_headers or {}).items() if key.lower() == name)
        return next(found, "")


#: What is kept of an answer, under whatever it stands.
_KEPT: Final = frozenset({
    "results", *Result.model_fields, *Markdown.model_fields, *_TITLES, *get_args(Header),
})  # fmt: skip


def result_in(document: bytes) -> Result:
    """Return the one result that an answer of ``/crawl`` holds.

    Raises:
        RefusedError: it is made of too many values.
        UnavailableError: it holds none that can be read.
    """
    said = _loaded(document)
    results = said.get("results") if isinstance(said, dict) else None
    if not isinstance(results, list) or not results:
        raise _unreadable()
    return _result(results[0])


def result_among(lines: bytes) -> Result:
    """Return the first result among the lines of ``/crawl/stream``; its last line says only that it is complete.

    Raises:
        UnavailableError: there is none that can be read.
    """
    found = next((said for said in _each(lines) if isinstance(said, dict) and "success" in said), None)
    if found is None:
        raise _unreadable()
    return _result(found)


def _each(lines: bytes) -> Iterator[Any]:
    return (_loaded(line) for line in BytesIO(lines) if line.strip())


def _loaded(document: bytes) -> Any:
    bulk.check(document)
    try:
        return json.loads(document, object_pairs_hook=_kept)
    except (ValueError, RecursionError) as error:
        raise _unreadable() from error


def _kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value for name, value in pairs if name.lower() in _KEPT}


def _result(said: object) -> Result:
    try:
        return Result.model_validate(said)
    except ValidationError as error:
        raise _unreadable() from error


def _unreadable() -> UnavailableError:
    return UnavailableError("The crawler's answer cannot be read.")
