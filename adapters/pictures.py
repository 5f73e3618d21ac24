"""Opening pictures of strangers: the header first, then a small copy; never a picture that is too large."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Final

from PIL import Image, UnidentifiedImageError

from contracts.errors import RefusedError

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_SIDE_LIMIT: Final = 65_000
_UNREADABLE: Final = (
    UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, KeyError,
    OverflowError, RuntimeError, AttributeError,
)  # fmt: skip


@contextmanager
def opened(body: bytes, max_pixels: int) -> Iterator[Image.Image]:
    """Give the picture, only its header read; of an animation the first frame.

    Raises:
        RefusedError: it has more than ``max_pixels`` pixels, cannot be read, or is of no type that we read.
    """
    if body.lstrip()[:5].lower() in {b"<?xml", b"<svg ", b"<svg>"}:
        raise RefusedError("Drawings in SVG are not looked at.", "unsupported")
    with our_errors():
        picture = Image.open(BytesIO(body), formats=FORMATS)
        with picture:
            width, height = picture.size
            if width * height > max_pixels or max(width, height) > _SIDE_LIMIT:
                raise RefusedError(f"A picture of {width}×{height} pixels is too large.", "too_many_pixels")
            yield picture


def small(picture: Image.Image, side: int) -> Image.Image:
    """Return a copy in RGB, at most ``side`` pixels wide and high, transparency on white."""
    picture.draft("RGB", (side, side))  # a JPEG is decoded at a fraction of its size
    copy = picture.copy() if picture.mode in {"RGB", "L", "RGBA"} else picture.convert("RGBA")
    copy.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=2.0)
    if copy.mode == "RGBA":
        ground = Image.new("RGBA", copy.size, "white")
        return Image.alpha_composite(ground, copy).convert("RGB")
    return copy.convert("RGB")


@contextmanager
def our_errors() -> Iterator[None]:
    """Say it in our words: whatever Pillow's readers raise about broken bytes is one refusal.

    Raises:
        RefusedError: the picture is broken, or claims a size that nobody decodes.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (Image.DecompressionBombError, MemoryError) as error:
        raise RefusedError("The picture is too large.", "too_many_pixels") from error
    except _UNREADABLE as error:
        raise RefusedError("The picture cannot be read.", "broken_picture") from error
