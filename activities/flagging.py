"""Telling people of texts that give orders to a model: in the finding, in the log without the text, by a number."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import structlog

from contracts.material import PostMaterial
from contracts.post import PostRef
from domain.injections import flags
from domain.material import album_words, picture_words

log = structlog.get_logger(__name__)

#: Under which key of a finding's metadata the kinds stand, by place.
KEY: Final = "injections"

#: By place (``text``, ``pictures``, ``page``), the kinds of orders that stand there.
Flags = Mapping[str, list[str]]
#: Counts a post that was flagged at a place.
Count = Callable[[str], None]


def tagging_flags(material: PostMaterial) -> Flags:
    """Return what is flagged in what the tagger reads: the post's text, and what its and its album's pictures say."""
    return flags(
        {"text": material.text, "pictures": f"{picture_words(material)}\n{album_words(material)}".strip()}
    )


def page_flags(material: PostMaterial) -> Flags:
    """Return what is flagged in what is kept of the post's pages for searching: their titles and excerpts."""
    said = (f"{page.title or ''}\n{page.excerpt or ''}" for page in material.pages if not page.skipped)
    return flags({"page": "\n".join(said)})


def as_metadata(found: Flags) -> dict[str, Any]:
    """Return what is kept of it in a finding's metadata; nothing where nothing was flagged."""
    return {KEY: dict(found)} if found else {}


def tell(found: Flags, ref: PostRef, count: Count, known: Mapping[str, Any] | None = None) -> None:
    """Count each place and write one line; what stood in the metadata that is ``known`` already is no news."""
    before = (known or {}).get(KEY, {})
    new = {place: kinds for place, kinds in found.items() if before.get(place) != kinds}
    for place in new:
        count(place)
    if new:
        log.warning("a text gives orders to a model", post_id=str(ref.post_id), injections=new)
