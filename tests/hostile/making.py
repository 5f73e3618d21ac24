"""Pictures by the byte: what no program would write."""

import struct
import zlib
from collections.abc import Iterable
from io import BytesIO
from typing import Any, Final

from PIL import Image

PNG: Final = b"\x89PNG\r\n\x1a\n"
#: Kinds of pixels of a PNG: bits, type of colour, bytes of a pixel.
RGB, RGBA, GREY_ALPHA, GREY_16, PALETTE = (8, 2, 3), (8, 6, 4), (8, 4, 2), (16, 0, 2), (8, 3, 1)


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:
    """A picture as Pillow writes it."""
    body = BytesIO()
    image.save(body, format, **options)
    return body.getvalue()


def red(format: str, side: int = 100, mode: str = "RGB", **options: Any) -> bytes:
    """A small picture of one colour."""
    return encoded(Image.new(mode, (side, side), "red" if mode in {"RGB", "RGBA"} else 0), format, **options)


def chunk(name: bytes, data: bytes = b"") -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, kind: tuple[int, int, int] = RGB, *, pixels: bytes | None = None) -> bytes:
    """A PNG: black all over, or with a stream of ``pixels``."""
    bits, colour, size = kind
    if pixels is None:
        row, packer = b"\0" * (1 + size * width), zlib.compressobj(1)
        pixels = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    palette = chunk(b"PLTE", b"\0" * 768) if kind == PALETTE else b""
    return png_head(width, height, bits, colour) + palette + chunk(b"IDAT", pixels) + chunk(b"IEND")


def png_head(width: int, height: int, bits: int = 8, colour: int = 2) -> bytes:
    """How a PNG begins."""
    return PNG + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))


def png_with(chunks: bytes) -> bytes:
    """A small PNG with ``chunks`` before its pixels."""
    body = red("PNG")
    return body[:33] + chunks + body[33:]


def zeros(mebibytes: int) -> bytes:
    """Very much of nothing, packed."""
    packer, nothing = zlib.compressobj(9), b"\0" * (1 << 20)
    return b"".join(packer.compress(nothing) for _ in range(mebibytes)) + packer.flush()


def segment(marker: int, data: bytes = b"") -> bytes:
    """A segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg_with(segments: bytes, *, jfif: bool = True) -> bytes:
    """A small JPEG with ``segments`` at its beginning."""
    body = red("JPEG")
    return body[:2] + segments + body[2 if jfif else 20 :]


def jpeg_of_scans(side: int, times: int) -> bytes:
    """A progressive JPEG whose last scan comes ``times`` more."""
    body = encoded(Image.new("L", (side, side), 128), "JPEG", progressive=True)
    last = body.rindex(b"\xff\xc4")  # the last scan brings its table
    return body[:-2] + body[last:-2] * times + body[-2:]


def gif(width: int, height: int, rest: bytes) -> bytes:
    """A GIF with a table of two colours."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0" * 6 + rest + b";"


def gif_frame(width: int = 1, height: int = 1) -> bytes:
    """A frame of a GIF with a single pixel in it."""
    return b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02D\x01\0"


def webp_of_frames(number: int) -> bytes:
    """An animation that repeats one frame."""
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue")]
    body = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    at = body.index(b"ANMF")
    size = struct.unpack_from("<I", body, at + 4)[0]
    content = body[12:at] + body[at : at + 8 + size + size % 2] * number
    return b"RIFF" + struct.pack("<I", len(content) + 4) + b"WEBP" + content


def tiff(
    entries: Iterable[tuple[int, int, int, int]], *, then: int = 0, order: str = "<", data: bytes = b""
) -> bytes:
    """A TIFF of one directory: (tag, type, number of values, value or offset) each; ``data`` begins at 200."""
    packed = [struct.pack(f"{order}HHI", *entry[:3]) + _value(order, entry) for entry in entries]
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}IH", 8, len(packed) & 0xFFFF)
    return (head + b"".join(packed) + struct.pack(f"{order}I", then)).ljust(200, b"\0") + data


def _value(order: str, entry: tuple[int, int, int, int]) -> bytes:
    _, kind, number, value = entry
    is_short = kind == 3 and number == 1
    return struct.pack(f"{order}HH", value, 0) if is_short else struct.pack(f"{order}I", value)


def a_grey_tiff(**values: tuple[int, int, int]) -> list[tuple[int, int, int, int]]:
    """The entries of a small grey picture; ``values`` change or add some by t<tag>."""
    known = {
        "t256": (3, 1, 10), "t257": (3, 1, 10), "t258": (3, 1, 8), "t259": (3, 1, 1), "t262": (3, 1, 1),
        "t273": (4, 1, 200), "t277": (3, 1, 1), "t278": (3, 1, 10), "t279": (4, 1, 100), **values,
    }  # fmt: skip
    return sorted((int(tag[1:]), *value) for tag, value in known.items())


def bmp(width: int, height: int, pixels: bytes, *, runs: bool = False) -> bytes:
    """A BMP of 256 colours, its pixels as they are or as runs."""
    palette = b"\0\0\0\0" * 256
    begin = 14 + 40 + len(palette)
    head = b"BM" + struct.pack("<IHHI", begin + len(pixels), 0, 0, begin)
    about = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, int(runs), len(pixels), 0, 0, 256, 256)
    return head + about + palette + pixels
