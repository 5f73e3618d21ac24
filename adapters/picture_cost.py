"""What it takes to decode a picture: told by its header and its markers, before anything is decoded.

A file of forty bytes can be a picture within the gate on pixels and take hundreds of megabytes, another one minutes:
how much a pixel takes depends on how it is kept. Measured with Pillow 12; rounded up.
"""

import re
from typing import Final

from PIL import Image

from contracts.errors import RefusedError

#: Bytes that may be in use at once for a picture: with the process itself and the files of its request it stays below
#: 300 MB.
MOST_BYTES: Final = 190_000_000
#: Pixels that are gone through at most, again for every scan: some seconds of processor time.
MOST_STEPS: Final = 1_000_000_000

_SMALL: Final = {
    "1": 1,
    "L": 1,
    "P": 1,
    "I;16": 2,
    "I;16B": 2,
    "I;16L": 2,
}  # bytes of a pixel; others take four
_AS_THEY_ARE: Final = {"RGB", "L", "RGBA"}  # the others are converted: two copies at once
_WEBP: Final = 16  # its library keeps canvas, frame and answer side by side
_ROWS_PER_STRIP: Final = 278
_TILE_LENGTH: Final = 323
_RUNS: Final = {1, 2}  # how a BMP says it
_STEPS_OF_A_BYTE: Final = 250
_START_OF_SCAN: Final = 0xDA
_END: Final = 0xD9
_MARKER: Final = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])", re.DOTALL)


def check(picture: Image.Image, body: bytes) -> None:
    """Do nothing where the picture may be decoded. Reads markers of ``body``, decodes nothing.

    Raises:
        RefusedError: ``too_many_pixels``: it would take too much memory, or too long.
    """
    scans = _scans(body) if picture.format in {"JPEG", "MPO"} else 1
    if _bytes_of(picture, scans) > MOST_BYTES:
        raise RefusedError("The picture takes too much memory to decode.", "too_many_pixels")
    if scans * picture.width * picture.height + _runs(picture, body) > MOST_STEPS:
        raise RefusedError("The picture takes too long to decode.", "too_many_pixels")


def _bytes_of(picture: Image.Image, scans: int) -> float:
    pixels = picture.width * picture.height
    if picture.format == "WEBP":
        return _WEBP * pixels
    if picture.format in {"JPEG", "MPO"}:
        shrunk = 1 if picture.mode in _AS_THEY_ARE else 2  # decoded at half its size at most
        return pixels * (shrunk + (_coefficients(picture) if scans > 1 else 0))
    converted = 0 if picture.mode in _AS_THEY_ARE else 4
    layered = 4 if picture.has_transparency_data else 0
    return pixels * (_SMALL.get(picture.mode, 4) + converted + layered) + _strip(picture)


def _coefficients(picture: Image.Image) -> float:
    """Bytes of each pixel of a JPEG that comes in several scans: all of it is kept until the last one."""
    layers: list[tuple[int, int, int, int]] = getattr(picture, "layer", [])
    largest = max((wide * high for _, wide, high, _ in layers), default=1) or 1
    return sum(2 * wide * high / largest for _, wide, high, _ in layers)


def _runs(picture: Image.Image, body: bytes) -> int:
    """Steps for a BMP of runs, which is read byte by byte."""
    is_runs = picture.format in {"BMP", "DIB"} and picture.info.get("compression") in _RUNS
    return _STEPS_OF_A_BYTE * len(body) if is_runs else 0


def _strip(picture: Image.Image) -> int:
    """Bytes of the part of a TIFF that is unpacked at once; it may be all of it."""
    tags = getattr(picture, "tag_v2", {})
    rows = tags.get(_ROWS_PER_STRIP) or tags.get(_TILE_LENGTH) or 0
    return 4 * picture.width * min(rows if isinstance(rows, int) else picture.height, picture.height)


def _scans(body: bytes) -> int:
    """How often a JPEG goes over its pixels."""
    at, scans = 2, 0
    while (marker := _MARKER.search(body, at)) and marker[1][0] != _END:
        scans += marker[1][0] == _START_OF_SCAN
        at = marker.end() + int.from_bytes(body[marker.end() : marker.end() + 2])
    return scans
