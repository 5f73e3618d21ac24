"""Looking at pictures without a model: size, colours, kind, and the text in them if somebody reads it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final, Protocol

from PIL import Image

from adapters.colours import Measured, kind, measured
from adapters.one_thread import DECODING
from adapters.pictures import opened, small
from contracts.asking import Asker
from contracts.vision import Ocr, PictureFacts, PictureKind

#: Pixels of the copy that is measured, and of the one that is read.
_MEASURED_SIDE: Final = 512
_READ_SIDE: Final = 2000


class OcrEngine(Protocol):
    """Reads the text in a picture. ``name`` becomes a part of the model's."""

    name: str

    def read(self, image: Image.Image) -> Ocr | None: ...


@dataclass(frozen=True)
class _Opened:
    """A small copy, and what the header said of the whole."""

    copy: Image.Image
    width: int
    height: int
    format_name: str
    animated: bool


def _now() -> datetime:
    return datetime.now(UTC)


class LocalVision:
    """Measures a picture. Nothing larger than ``max_pixels`` is ever decoded."""

    provider = "local"
    version = "1"

    def __init__(
        self, max_pixels: int, ocr: OcrEngine | None = None, clock: Callable[[], datetime] = _now
    ) -> None:
        self._max_pixels, self._ocr, self._clock = max_pixels, ocr, clock
        self.model = f"facts+{ocr.name}" if ocr else "facts"

    async def look(self, body: bytes, mime: str, asker: Asker) -> PictureFacts:  # noqa: ARG002  as the tagger
        """Return what was measured and read.

        Raises:
            RefusedError: ``too_many_pixels``, ``broken_picture``, or ``unsupported_mime`` (SVG).
            UnavailableError: the text could not be read now.
        """
        opening = await DECODING.do(partial(self._open, body, mime))  # one at a time bounds the memory
        return await asyncio.to_thread(self._facts, opening)

    def _open(self, body: bytes, mime: str) -> _Opened:
        with opened(body, mime, self._max_pixels) as picture:
            (width, height), animated = picture.size, bool(getattr(picture, "is_animated", False))
            format_name = (picture.format or mime.rpartition("/")[2]).lower()
            copy = small(picture, _READ_SIDE if self._ocr else _MEASURED_SIDE)
        return _Opened(copy, width, height, format_name, animated)

    def _facts(self, picture: _Opened) -> PictureFacts:
        copy, width, height = picture.copy, picture.width, picture.height
        text = self._ocr.read(copy) if self._ocr else None
        copy.thumbnail((_MEASURED_SIDE, _MEASURED_SIDE))
        measures = measured(copy)
        guess = kind(measures, width, height)
        return PictureFacts(
            provider=self.provider,
            model=self.model,
            analyzed_at=self._clock(),
            classification=guess,
            description=_sentence(guess, width, height, measures),
            labels=_labels(guess, picture, has_text=text is not None),
            ocr=text,
            dominant_colors=measures.colours,
            measured_only=True,
            width=width,
            height=height,
        )


def _sentence(guess: PictureKind, width: int, height: int, measures: Measured) -> str:
    name = "Picture" if guess == "other" else guess.capitalize()
    return f"{name}, {width}×{height}, mostly {' and '.join(measures.colours[:2])}."


def _labels(guess: PictureKind, picture: _Opened, *, has_text: bool) -> tuple[str, ...]:
    width, height = picture.width, picture.height
    shape = "square" if width == height else "landscape" if width > height else "portrait"
    extras = (("animated", picture.animated), ("text", has_text))
    return (guess, shape, picture.format_name, *(name for name, given in extras if given))
