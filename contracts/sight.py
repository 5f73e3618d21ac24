"""Several pictures in one request: what is shown, and what was seen."""

from dataclasses import dataclass, field

from contracts.asking import Usage
from contracts.errors import PipelineError
from contracts.vision import PictureFacts


@dataclass(frozen=True)
class RawPicture:
    """A picture as it is shown to a provider."""

    sha256: str
    body: bytes = field(repr=False)
    mime: str


@dataclass(frozen=True)
class Sight:
    """What one request gave: for each picture, in their order, facts or the error that its asker gets.

    ``usage`` is that of the whole request; ``model`` is what the provider says of itself. ``unasked`` are the places
    of pictures that nobody was asked about, because they could not be sent: nothing of ``usage`` is theirs.
    """

    results: tuple[PictureFacts | PipelineError, ...]
    usage: Usage
    model: str
    unasked: frozenset[int] = frozenset()
