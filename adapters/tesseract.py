"""Reading the text in pictures with Tesseract, where it is installed."""

import shutil
from typing import Final, Self

import pytesseract
from PIL import Image

from contracts.errors import UnavailableError
from contracts.vision import Ocr
from domain.text import normalized, storable

_WANTED: Final = ("rus", "eng")
_SIDE: Final = 2000
_SECONDS: Final = 30
#: Words that it is less sure of (percent) are most often no words.
_SURE: Final = 60.0
_MIN_LETTERS: Final = 3


class Tesseract:
    """Reads Russian and English, as far as the languages are installed. One process per picture."""

    name = "tesseract"

    def __init__(self, languages: str) -> None:
        self._languages = languages

    @classmethod
    def found(cls) -> Self | None:
        """Return one if the program is on PATH with at least one of the languages, None else."""
        if shutil.which("tesseract") is None:
            return None
        try:
            installed = set(pytesseract.get_languages())
        except (pytesseract.TesseractError, OSError):
            return None
        languages = [language for language in _WANTED if language in installed]
        return cls("+".join(languages)) if languages else None

    def read(self, image: Image.Image) -> Ocr | None:
        """Return the text that stands in an RGB picture, None if it has none; ``confidence`` is from 0 to 1.

        Raises:
            UnavailableError: Tesseract failed or did not end within 30 seconds.
        """
        copy = image.copy()
        copy.thumbnail((_SIDE, _SIDE))
        try:
            found = pytesseract.image_to_data(
                copy, lang=self._languages, timeout=_SECONDS, output_type=pytesseract.Output.DICT
            )
        except (pytesseract.TesseractError, RuntimeError, OSError) as error:
            raise UnavailableError("Tesseract did not read the picture.") from error
        return _ocr(list(zip(found["text"], found["conf"], strict=True)))


def _ocr(words: list[tuple[str, float]]) -> Ocr | None:
    sure = [(word, float(conf)) for word, conf in words if word.strip() and float(conf) >= _SURE]
    text = normalized(storable(" ".join(word for word, _ in sure)))
    if sum(letter.isalpha() for letter in text) < _MIN_LETTERS:
        return None
    confidence = sum(conf for _, conf in sure) / len(sure) / 100
    return Ocr(text=text, engine="tesseract", confidence=round(min(1.0, confidence), 3))
