"""Opening pictures of strangers: the header first, then a small copy; never a picture that is too large."""

import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Final

from PIL import Image

from adapters import picture_cost, picture_parts
from contracts.errors import RefusedError

FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_SIDE_LIMIT: Final = 65_000
_SVG: Final = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE svg[^>]*>\s*)*<(?:\w+:)?svg[\s>]",
    re.DOTALL | re.IGNORECASE,
)
_HEAD: Final = 4096  # bytes
_UNREADABLE: Final = (
    OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, OverflowError, RuntimeError,
    AttributeError, struct.error, zlib.error,
)  # fmt: skip

# Our own gate is narrower and says why; Pillow's warns, and a warning cannot be caught on one thread only.
Image.MAX_IMAGE_PIXELS = None
# Memory of a large picture comes in blocks. Smaller ones than 32 MB are kept by the allocator, in pieces that no other
# picture fits into; larger ones go back to the system.
Image.core.set_block_size(64 << 20)  # type: ignore[attr-defined]  # documented, not declared
# What it suspects about damaged EXIF is nobody's business: we do not read EXIF.
warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


@contextmanager
def opened(body: bytes, mime: str, max_pixels: int) -> Iterator[Image.Image]:
    """Give the picture, only its header read; of an animation the first frame.

    Raises:
        RefusedError: ``too_many_pixels`` (over ``max_pixels``, or more than can be decoded in reasonable memory and
            time), ``broken_picture``, or ``unsupported_mime`` (SVG).
    """
    if mime.startswith("image/svg") or _SVG.match(body[:_HEAD]):
        raise RefusedError("Drawings in SVG are not looked at.", "unsupported_mime")
    picture_parts.check(body)
    with our_errors():
        picture = Image.open(BytesIO(body), formats=FORMATS)
        with picture:
            width, height = picture.size
            if width * height > max_pixels or max(width, height) > _SIDE_LIMIT:
                raise RefusedError(f"A picture of {width}×{height} pixels is too large.", "too_many_pixels")
            picture_cost.check(picture, body)
            yield picture


def small(picture: Image.Image, side: int) -> Image.Image:
    """Return a copy in RGB, at most ``side`` pixels wide and high, transparency on white; may shrink ``picture``."""
    picture.draft("RGB", (side, side))  # a JPEG is decoded at a fraction of its size
    if picture.mode in {"RGB", "L", "RGBA"}:
        copy = picture  # in place: a large picture is in memory once
        copy.load()
    else:
        copy = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    copy.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=1.0)
    if not copy.has_transparency_data:
        return copy.convert("RGB")
    layer = copy.convert("RGBA")
    ground = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(ground, layer).convert("RGB")


@contextmanager
def our_errors() -> Iterator[None]:
    """Say it in our words: whatever Pillow's readers raise about broken bytes is one refusal.

    Raises:
        RefusedError: the picture is broken, or claims a size that nobody decodes.
    """
    try:
        yield
    except (Image.DecompressionBombError, MemoryError) as error:
        raise RefusedError("The picture is too large.", "too_many_pixels") from error
    except _UNREADABLE as error:
        raise RefusedError("The picture cannot be read.", "broken_picture") from error
