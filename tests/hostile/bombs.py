"""Pictures that take memory or time out of all proportion to their files."""

import gzip
import struct
from collections.abc import Callable
from typing import Final

from PIL import Image

from tests.hostile import making as make
from tests.hostile.picture_case import broken, seen, svg, too_many

#: The most pixels that the policy lets through, as a square.
_SIDE: Final = 7071
#: The same of what may be decoded, with four bytes a pixel.
_LARGEST: Final = 6890
#: 7071 times 7071 pixels of one colour, in forty bytes.
_WEBP: Final = bytes.fromhex(
    "5249464620000000574542505650384c140000002f9e9be716075081540820000a9a92c58888fe07"
)
_SVG: Final = b'<svg xmlns="http://www.w3.org/2000/svg">'
_LAUGHS: Final = b'<!DOCTYPE svg [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><svg>&b;</svg>'


def _square(mode: str, format: str, **options: object) -> Callable[[], bytes]:
    return lambda: make.encoded(Image.new(mode, (_SIDE, _SIDE)), format, **options)


def _exif(times: int) -> bytes:
    """A JPEG whose resolution has ``times`` values, in as many segments of EXIF as that takes."""
    entries = struct.pack("<HHIIHHII", 0x011A, 5, times, 100, 0x0128, 3, 1, 2)
    data = (b"II*\0" + struct.pack("<IH", 8, 2) + entries).ljust(100, b"\0") + struct.pack(
        "<II", 72, 1
    ) * times
    pieces = (data[at : at + 65_000] for at in range(0, len(data), 65_000))
    return make.jpeg_with(b"".join(make.segment(0xE1, b"Exif\0\0" + piece) for piece in pieces), jfif=False)


BOMBS: Final = (
    too_many(
        "png of 64,000 by 64,000",
        lambda: make.png_head(64_000, 64_000) + make.chunk(b"IDAT") + make.chunk(b"IEND"),
    ),
    too_many(
        "png of 2 billion by 2 billion", lambda: make.png_head(2**31 - 1, 2**31 - 1) + make.chunk(b"IDAT")
    ),
    too_many("png of a row too many", lambda: make.png_head(_SIDE, _SIDE + 1) + make.chunk(b"IDAT")),
    too_many("png of one very long row", lambda: make.png(65_001, 1), "image/png"),
    seen("png", "png as large as is allowed", lambda: make.png(_LARGEST, _LARGEST), "image/png"),
    too_many("png with transparency, which takes twice as much", lambda: make.png(_SIDE, _SIDE, make.RGBA)),
    too_many("png in grey with transparency", lambda: make.png(_SIDE, _SIDE, make.GREY_ALPHA)),
    too_many("png in 65,536 greys", lambda: make.png(_SIDE, _SIDE, make.GREY_16)),
    too_many("png of a palette, which is unfolded", lambda: make.png(_SIDE, _SIDE, make.PALETTE)),
    seen(
        "png",
        "png that unpacks to far more than its pixels",
        lambda: make.png(100, 100, pixels=make.zeros(200)),
    ),
    broken("png of a million chunks", lambda: make.png_with(make.chunk(b"prVt") * 1_000_000)),
    broken("png of a million texts", lambda: make.png_with(make.chunk(b"tEXt", b"k\0v") * 900_000)),
    broken(
        "png with a text that unpacks to 100 MB",
        lambda: make.png_with(make.chunk(b"zTXt", b"k\0\0" + make.zeros(100))),
    ),
    broken(
        "png with a profile that unpacks to 100 MB",
        lambda: make.png_with(make.chunk(b"iCCP", b"k\0\0" + make.zeros(100))),
    ),
    too_many("webp of forty bytes", lambda: _WEBP, "image/webp"),
    seen("webp", "webp of 50,000 frames", lambda: make.webp_of_frames(50_000), "image/webp"),
    seen("gif", "gif of 50,000 frames", lambda: make.gif(1, 1, make.gif_frame() * 50_000), "image/gif"),
    too_many(
        "gif whose first frame is far larger than it", lambda: make.gif(1, 1, make.gif_frame(65_535, 65_535))
    ),
    seen(
        "gif",
        "gif whose second frame is far larger than it",
        lambda: make.gif(1, 1, make.gif_frame() + make.gif_frame(65_535, 65_535)),
    ),
    broken(
        "gif with a comment of 14 MB",
        lambda: make.gif(1, 1, b"!\xfe" + (b"\xff" + b"c" * 255) * 55_000 + b"\0" + make.gif_frame()),
    ),
    broken(
        "gif with millions of comments",
        lambda: make.gif(1, 1, b"!\xfe\x01c\0" * 2_800_000 + make.gif_frame()),
    ),
    broken(
        "gif with millions of comments after its first frame",
        lambda: make.gif(1, 1, make.gif_frame() + b"!\xfe\x01c\0" * 2_800_000),
    ),
    svg("svg nested 100,000 deep", lambda: _SVG + b"<g>" * 100_000, "image/svg+xml"),
    svg(
        "svg in disguise, nested 100,000 deep",
        lambda: b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn -->" + _SVG + b"<g>" * 100_000,
    ),
    svg("svg of entities", lambda: _LAUGHS, "image/svg+xml"),
    svg("svg of a doctype", lambda: b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x">' + _SVG),
    svg("svg that says nothing", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    broken("svg of entities in disguise", lambda: b"<?xml version='1.0'?>" + _LAUGHS, "image/png"),
    broken("svg that is packed", lambda: gzip.compress(_SVG + b"<g>" * 100_000), "image/png"),
    seen(
        "tiff",
        "tiff whose directory follows itself",
        lambda: make.tiff(make.a_grey_tiff(), then=8, data=b"\0" * 100),
    ),
    broken(
        "tiff of 65,000 entries", lambda: make.tiff([(1000 + n % 60_000, 1, 4, 0) for n in range(65_000)])
    ),
    broken(
        "tiff of three million strips",
        lambda: make.tiff(make.a_grey_tiff(t273=(4, 3_400_000, 200)), data=b"\xff\x0f\0\0" * 3_400_000),
    ),
    broken(
        "tiff of three million strips, the other way round",
        lambda: make.tiff(
            make.a_grey_tiff(t273=(4, 3_400_000, 200)), order=">", data=b"\0\0\x0f\xff" * 3_400_000
        ),
    ),
    broken(
        "tiff with four billion values",
        lambda: make.tiff(make.a_grey_tiff(t700=(4, 2**32 - 1, 8)), data=b"\0" * 100),
    ),
    too_many(
        "tiff in one strip", _square("RGB", "TIFF", compression="tiff_adobe_deflate", tiffinfo={278: _SIDE})
    ),
    too_many("tiff in four colours", _square("CMYK", "TIFF", compression="tiff_adobe_deflate")),
    too_many("jpeg that goes over its pixels a thousand times", lambda: make.jpeg_of_scans(4000, 1000)),
    too_many("jpeg in four colours that comes in several scans", _square("CMYK", "JPEG", progressive=True)),
    broken("jpeg of millions of segments", lambda: make.jpeg_with(make.segment(0xE0) * 3_500_000)),
    broken("jpeg with 14 MB of fill", lambda: make.jpeg_with(b"\xff" * 14_000_000)),
    broken("jpeg with 14 MB of stuffing", lambda: make.jpeg_with(b"\xff\0" * 7_000_000)),
    broken("jpeg of nothing but fill", lambda: b"\xff\xd8" + b"\xff" * 14_000_000),
    broken("exif of two million fractions", lambda: _exif(1_800_000)),
    seen(
        "jpeg",
        "exif whose directories are each other's",
        lambda: make.jpeg_with(
            make.segment(
                0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + b"\x69\x87\x04\0\x01\0\0\0\x08\0\0\0" * 5000
            )
        ),
    ),
    seen(
        "jpeg", "jpeg with 14 MB of comments", lambda: make.jpeg_with(make.segment(0xFE, b"x" * 65_533) * 220)
    ),
    too_many(
        "bmp of runs of one pixel",
        lambda: make.bmp(3000, 2400, b"\x01\0" * 7_000_000, runs=True),
        "image/bmp",
    ),
    too_many(
        "bmp of runs that only end lines",
        lambda: make.bmp(6000, 6000, b"\0\0" * 7_000_000, runs=True),
        "image/bmp",
    ),
)
