"""Pictures as GigaChat takes them: small JPEGs, whatever they were, with nothing of a camera's notes in them."""

from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Final

from adapters.colours import measured
from adapters.one_thread import DECODING
from adapters.pictures import opened, our_errors, small
from contracts.errors import RefusedError
from contracts.sight import RawPicture

#: Pixels; larger ones cost more tokens and say nothing more.
SIDE: Final = 1024
_MEASURED_SIDE: Final = 512
_QUALITY: Final = 85


@dataclass(frozen=True)
class Prepared:
    """A JPEG, and what was measured of the picture that it was made of."""

    sha256: str
    jpeg: bytes
    width: int
    height: int
    colours: tuple[str, ...]


class Preparing:
    """Makes them, one at a time in the process and in one thread: with the gate on pixels that bounds the memory.

    Each thread keeps for itself some of what it gave back: in several ones, large pictures took as much again.
    """

    def __init__(self, max_pixels: int) -> None:
        self._max_pixels = max_pixels

    async def prepared(self, picture: RawPicture) -> Prepared | RefusedError:
        """Return the JPEG of a picture, of an animation that of its first frame, or why it is none."""
        try:
            return await DECODING.do(partial(self._prepared, picture))
        except RefusedError as refused:
            return refused

    def _prepared(self, picture: RawPicture) -> Prepared:
        with opened(picture.body, picture.mime, self._max_pixels) as image:
            width, height = image.size
            copy = small(image, SIDE)
        with our_errors():
            jpeg = BytesIO()
            copy.info.clear()  # comments would be written as well
            copy.save(jpeg, "JPEG", quality=_QUALITY)
            copy.thumbnail((_MEASURED_SIDE, _MEASURED_SIDE))
            colours = measured(copy).colours
        return Prepared(picture.sha256, jpeg.getvalue(), width, height, colours)
