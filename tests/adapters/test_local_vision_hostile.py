"""What a damaged or moving picture gives; hostile ones that are made for it are in tests/hostile."""

from contextlib import suppress
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from adapters.local_vision import LocalVision
from contracts.errors import RefusedError
from tests.build import an_asker


@pytest.fixture
def vision() -> LocalVision:
    return LocalVision(1_000_000, None)


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    body = BytesIO()
    image.save(body, format, **options)
    return body.getvalue()


def a_photo(size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Noise over a gradient: no two pixels alike."""
    bands = [Image.linear_gradient("L").rotate(turn).resize(size) for turn in (0, 90, 180)]
    return Image.blend(Image.merge("RGB", bands), Image.effect_noise(size, 60).convert("RGB"), 0.3)


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
async def test_only_the_first_frame_of_an_animation_is_seen(vision: LocalVision, format: str) -> None:
    first = Image.new("RGB", (100, 100), "red")
    rest = [Image.new("RGB", (100, 100), (0, 0, shade)) for shade in range(200, 256)] * 20

    facts = await vision.look(
        encoded(first, format, save_all=True, append_images=rest), f"image/{format}", an_asker()
    )

    assert facts.dominant_colors == ("red",)
    assert "animated" in facts.labels


@pytest.mark.filterwarnings("ignore:::PIL")  # as the adapter has it; the suite's own filter comes before
@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"])
async def test_no_damaged_byte_leaks_another_error(vision: LocalVision, format: str) -> None:
    whole = encoded(a_photo((60, 40)), format)

    for at in range(0, min(len(whole), 600), 7):
        body = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        with suppress(RefusedError):
            await vision.look(body, f"image/{format.lower()}", an_asker())
