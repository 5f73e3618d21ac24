from datetime import UTC, datetime
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageDraw

from adapters.local_vision import LocalVision
from contracts.vision import Ocr
from tests.build import an_asker

NOON = datetime(2025, 1, 2, 12, tzinfo=UTC)
MAX_PIXELS = 1_000_000


class Reader:
    """Reads the same from any picture; remembers how large it was."""

    name = "reader"

    def __init__(self, text: str | None) -> None:
        self._text = text
        self.sizes: list[tuple[int, int]] = []

    def read(self, image: Image.Image) -> Ocr | None:
        self.sizes.append(image.size)
        return Ocr(text=self._text, engine=self.name, confidence=0.9) if self._text else None


@pytest.fixture
def vision() -> LocalVision:
    return LocalVision(MAX_PIXELS, None, clock=lambda: NOON)


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    body = BytesIO()
    image.save(body, format, **options)
    return body.getvalue()


def a_photo(size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Noise over a gradient: no two pixels alike."""
    bands = [Image.linear_gradient("L").rotate(turn).resize(size) for turn in (0, 90, 180)]
    return Image.blend(Image.merge("RGB", bands), Image.effect_noise(size, 60).convert("RGB"), 0.3)


def a_paper() -> Image.Image:
    page = Image.new("RGB", (600, 850), "white")
    draw = ImageDraw.Draw(page)
    for line in range(30, 820, 18):
        draw.text(
            (40, line), "The contract is made between the two parties below, on the day of " * 2, "black"
        )
    return page


async def test_a_picture_is_measured(vision: LocalVision) -> None:
    facts = await vision.look(encoded(Image.new("RGB", (300, 200), "blue")), "image/png", an_asker())

    assert (facts.provider, facts.model, facts.analyzed_at) == ("local", "facts", NOON)
    assert (facts.width, facts.height, facts.dominant_colors) == (300, 200, ("blue",))
    assert facts.measured_only
    assert "300×200, mostly blue" in facts.description
    assert "landscape" in facts.labels


async def test_a_photo_and_a_paper_are_told_apart(vision: LocalVision) -> None:
    photo = await vision.look(encoded(a_photo(), "JPEG"), "image/jpeg", an_asker())
    paper = await vision.look(encoded(a_paper()), "image/png", an_asker())

    assert (photo.classification, paper.classification) == ("photo", "document")


def a_screen(size: tuple[int, int], ground: str) -> Image.Image:
    screen = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(screen)
    for line in range(20, size[1] - 40, 60):
        draw.rectangle((20, line, size[0] - 60, line + 30), "steelblue")
    return screen


@pytest.mark.parametrize("ground", ["white", "black"])
async def test_the_picture_of_a_telephone_is_a_screenshot(vision: LocalVision, ground: str) -> None:
    facts = await vision.look(encoded(a_screen((576, 1280), ground)), "image/png", an_asker())

    assert facts.classification == "screenshot"


async def test_a_square_sign_on_white_is_no_document(vision: LocalVision) -> None:
    sign = Image.new("RGB", (400, 400), "white")
    for radius in range(20, 120, 20):
        ImageDraw.Draw(sign).ellipse(
            (200 - radius, 200 - radius, 200 + radius, 200 + radius), outline="teal", width=9
        )

    facts = await vision.look(encoded(sign), "image/png", an_asker())

    assert facts.classification == "other"


async def test_the_same_bytes_have_the_same_facts(vision: LocalVision) -> None:
    body = encoded(a_photo(), "JPEG")

    assert await vision.look(body, "image/jpeg", an_asker()) == await vision.look(
        body, "image/jpeg", an_asker()
    )


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "CMYK", "I;16"])
async def test_every_way_of_storing_pixels_is_measured(vision: LocalVision, mode: str) -> None:
    format = {"CMYK": "JPEG", "PA": "TIFF"}.get(mode, "PNG")

    facts = await vision.look(
        encoded(Image.new(mode, (80, 90)), format), f"image/{format.lower()}", an_asker()
    )

    assert (facts.width, facts.height) == (80, 90)


async def test_what_is_transparent_counts_as_white(vision: LocalVision) -> None:
    facts = await vision.look(encoded(Image.new("RGBA", (100, 100), (0, 0, 0, 0))), "image/png", an_asker())

    assert facts.dominant_colors == ("white",)


async def test_the_words_in_a_picture_are_kept() -> None:
    facts = await LocalVision(MAX_PIXELS, Reader("мост")).look(encoded(a_paper()), "image/png", an_asker())

    assert facts.ocr is not None and facts.ocr.text == "мост"
    assert (facts.model, facts.measured_only) == ("facts+reader", True)


async def test_the_reader_gets_more_pixels_than_measuring_needs_but_not_all() -> None:
    reader = Reader(None)

    await LocalVision(50_000_000, reader).look(
        encoded(Image.new("RGB", (5000, 1000))), "image/png", an_asker()
    )

    assert reader.sizes == [(2000, 400)]


async def test_a_wrong_type_does_not_matter(vision: LocalVision) -> None:
    facts = await vision.look(encoded(a_photo(), "JPEG"), "image/png", an_asker())

    assert "jpeg" in facts.labels
