import struct
import tracemalloc
import zlib
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


def a_png_header(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


async def refusal(vision: LocalVision, body: bytes, mime: str = "image/jpeg") -> str:
    with pytest.raises(RefusedError) as refused:
        await vision.look(body, mime, an_asker())
    return refused.value.reason


@pytest.mark.parametrize(("width", "height"), [(64_000, 64_000), (1001, 1000), (2**31 - 1, 2**31 - 1)])
async def test_a_picture_too_large_is_refused_before_it_is_decoded(
    vision: LocalVision, width: int, height: int
) -> None:
    tracemalloc.start()
    reason = await refusal(vision, a_png_header(width, height), "image/png")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert reason == "too_many_pixels"
    assert peak < 5_000_000


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
async def test_only_the_first_frame_of_an_animation_is_seen(vision: LocalVision, format: str) -> None:
    first = Image.new("RGB", (100, 100), "red")
    rest = [Image.new("RGB", (100, 100), (0, 0, shade)) for shade in range(200, 256)] * 20

    facts = await vision.look(
        encoded(first, format, save_all=True, append_images=rest), f"image/{format}", an_asker()
    )

    assert facts.dominant_colors == ("red",)
    assert "animated" in facts.labels


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00" * 1000,
        b"<!doctype html><html><body>404</body></html>",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        encoded(a_photo(), "JPEG")[:5000],
        encoded(a_photo())[:5000],
        encoded(a_photo(), "WEBP")[:2000],
        a_png_header(10, 10),
    ],
)  # fmt: skip
async def test_what_is_no_whole_picture_is_refused(vision: LocalVision, body: bytes) -> None:
    assert await refusal(vision, body) == "broken_picture"


@pytest.mark.filterwarnings("ignore:::PIL")  # as the adapter has it; the suite's own filter comes before
@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP"])
async def test_no_damaged_byte_leaks_another_error(vision: LocalVision, format: str) -> None:
    whole = encoded(a_photo((60, 40)), format)

    for at in range(0, min(len(whole), 600), 7):
        body = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        with suppress(RefusedError):
            await vision.look(body, f"image/{format.lower()}", an_asker())


@pytest.mark.parametrize(
    "body",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn -->\n<svg></svg>',
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x"><svg></svg>',
    ],
)
async def test_a_drawing_in_svg_is_not_looked_at(vision: LocalVision, body: bytes) -> None:
    assert await refusal(vision, body, "image/png") == "unsupported_mime"
