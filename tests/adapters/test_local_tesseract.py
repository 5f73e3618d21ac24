from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from adapters.local_vision import LocalVision
from adapters.tesseract import Tesseract

LETTERS = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")


@pytest.fixture(scope="module")
def tesseract() -> Tesseract:
    found = Tesseract.found()
    if found is None:
        pytest.skip("NOT TESTED: no tesseract here (apt-get install tesseract-ocr tesseract-ocr-rus)")
    return found


@pytest.fixture(scope="module")
def sign() -> Image.Image:
    if not LETTERS.exists():
        pytest.skip("NOT TESTED: no font with Cyrillic letters here (apt-get install fonts-dejavu-core)")
    image = Image.new("RGB", (900, 300), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.truetype(str(LETTERS), 44)
    draw.text((20, 40), "Нейросети рисуют мосты", "black", font)
    draw.text((20, 160), "Hello bridge", "black", font)
    return image


def test_without_the_program_there_is_no_reader(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert Tesseract.found() is None


def test_russian_and_english_are_read(tesseract: Tesseract, sign: Image.Image) -> None:
    ocr = tesseract.read(sign)

    assert ocr is not None
    assert "рисуют мосты" in ocr.text and "Hello bridge" in ocr.text
    assert ocr.confidence is not None and ocr.confidence > 0.6


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (300, 300)])
def test_a_picture_without_words_has_none(tesseract: Tesseract, size: tuple[int, int]) -> None:
    assert tesseract.read(Image.new("RGB", size, "white")) is None


def test_a_large_picture_is_read_in_small(tesseract: Tesseract, sign: Image.Image) -> None:
    ocr = tesseract.read(sign.resize((4500, 1500)))

    assert ocr is not None and "Hello bridge" in ocr.text


def test_the_model_says_who_read(tesseract: Tesseract) -> None:
    assert LocalVision(1000, tesseract).model == "facts+tesseract"
