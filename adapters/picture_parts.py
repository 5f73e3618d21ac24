"""Of how many parts a picture's file is made, counted before a library reads it.

A library keeps every part, and puts long comments together piece by piece: a file of some megabytes that is nothing but
parts takes half a gigabyte, or hours. Real pictures have dozens of parts, some a few thousand.
"""

import re
import struct
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from contracts.errors import RefusedError

#: More parts than any camera, scanner or program makes.
MOST_PARTS: Final = 20_000
#: Values of one entry of a TIFF: one for each of its rows, in each of four colours.
MOST_VALUES: Final = 260_000
#: Bytes that stand around the first frames of a GIF: comments, and what programs leave there.
MOST_AROUND: Final = 1 << 20
#: Segments of EXIF in a JPEG, which are put together: cameras write one.
MOST_EXIF: Final = 16

_AFTER_FILL: Final = re.compile(rb"[^\xff]")
_EXIF: Final = b"Exif\0\0"
_START_OF_SCAN: Final = 0xDA
_END: Final = 0xD9
_IN_BYTES: Final = {1, 2, 6, 7}  # types of a TIFF's values that stay bytes


def check(body: bytes) -> None:
    """Do nothing where a picture, of whatever format, may be opened.

    Raises:
        RefusedError: ``broken_picture``: it is made of too many parts.
    """
    parts = next((count for begin, count in _FORMATS.items() if body.startswith(begin)), None)
    if parts is not None and sum(1 for _ in islice(parts(body), MOST_PARTS + 1)) > MOST_PARTS:
        raise _too_many()


def _of_jpeg(body: bytes) -> Iterator[int]:
    """Yield where each segment before the pixels begins, and each byte that only fills."""
    at, exif = 2, 0
    while marker := _AFTER_FILL.search(body, at):
        yield from range(at, marker.start())
        if marker.start() == at or marker[0][0] in {_START_OF_SCAN, _END}:
            return
        at = marker.end() + (int.from_bytes(body[marker.end() : marker.end() + 2]) if marker[0][0] else 0)
        exif += body.startswith(_EXIF, marker.end() + 2)
        if exif > MOST_EXIF:
            raise _too_many()
    yield from range(at, len(body))


def _of_png(body: bytes) -> Iterator[int]:
    """Yield where each chunk begins."""
    at = 8
    while at + 8 <= len(body):
        yield at
        at += 12 + int.from_bytes(body[at : at + 4])


def _of_gif(body: bytes) -> Iterator[int]:
    """Yield nothing; the bytes around the first two frames are what counts."""
    at, around, frames = 13 + _table(body[10:11]), 0, 0
    while at < len(body) and frames < 2 and body[at] in b"!,":
        begin, is_frame = at, body[at] == ord(",")
        at += 11 + _table(body[at + 9 : at + 10]) if is_frame else 2
        while at < len(body) and body[at]:
            at += 1 + body[at]
        at, frames, around = at + 1, frames + is_frame, around + (0 if is_frame else at + 1 - begin)
        if around > MOST_AROUND:
            raise _too_many()
    yield from ()


def _table(flags: bytes) -> int:
    """Bytes of the table of colours that the flags announce."""
    return 3 * (2 << (flags[0] & 7)) if flags and flags[0] & 0x80 else 0


def _of_tiff(body: bytes) -> Iterator[int]:
    """Yield where each entry of the first picture stands."""
    order, is_big = "<" if body.startswith(b"II") else ">", body[2:4] in {b"+\0", b"\0+"}
    offset, number, entry = (8, "Q", "HHQ8x") if is_big else (4, "H", "HHI4x")
    try:
        (at,) = struct.unpack_from(order + ("Q" if is_big else "I"), body, offset)
        (entries,) = struct.unpack_from(order + number, body, at)
        at += struct.calcsize(order + number)
        for _ in range(entries):
            _, kind, values = struct.unpack_from(order + entry, body, at)
            if values > MOST_VALUES and kind not in _IN_BYTES:
                raise _too_many()
            yield at
            at += struct.calcsize(order + entry)
    except struct.error:
        return  # it ends before it should: whoever opens it will say so


_FORMATS: Final[dict[bytes, Callable[[bytes], Iterator[int]]]] = {
    b"\xff\xd8\xff": _of_jpeg,
    b"\x89PNG\r\n\x1a\n": _of_png,
    b"GIF8": _of_gif,
    b"II*\0": _of_tiff,
    b"MM\0*": _of_tiff,
    b"II+\0": _of_tiff,
    b"MM\0+": _of_tiff,
}


def _too_many() -> RefusedError:
    return RefusedError("The picture is made of too many parts.", "broken_picture")
