"""What can be measured of a picture: its colours, how it is made, what kind of thing it looks like."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageFilter, ImageStat

from contracts.vision import PictureKind

MAX_COLOURS: Final = 5
_SHARE: Final = 0.08
_GREYS: Final = ((40, "black"), (110, "dark grey"), (175, "grey"), (230, "light grey"), (256, "white"))
#: Upper ends of hue, in degrees.
_HUES: Final = (
    (15, "red"), (42, "orange"), (68, "yellow"), (165, "green"), (195, "turquoise"), (255, "blue"),
    (290, "violet"), (335, "pink"), (361, "red"),
)  # fmt: skip
_COLOUR_SIDE: Final = 96


@dataclass(frozen=True)
class Measured:
    """Shares are from 0 to 1; ``tones`` is the number of different colours among 32768."""

    colours: tuple[str, ...]
    tones: int
    white: float
    dark: float
    flat: float
    edges: float


def measured(picture: Image.Image) -> Measured:
    """Return the measurements of an RGB picture, which should be small."""
    pixels = picture.width * picture.height
    grey = picture.convert("L").histogram()
    edges = picture.convert("L").filter(ImageFilter.FIND_EDGES)
    coarse = picture.quantize(32768 // 128, method=Image.Quantize.FASTOCTREE).convert("RGB")
    commonest = max(count for count, _ in coarse.getcolors(pixels) or [(pixels, None)])
    tones = picture.point([value & 0xF8 for value in range(256)] * 3).getcolors(32768) or []
    return Measured(
        colours=_colours(picture),
        tones=len(tones),
        white=sum(grey[240:]) / pixels,
        dark=sum(grey[:48]) / pixels,
        flat=commonest / pixels,
        edges=ImageStat.Stat(edges).mean[0] / 255,
    )


def kind(measures: Measured, width: int, height: int) -> PictureKind:
    """Return what the picture looks like; a guess by a few plain rules."""
    tall = max(width, height) / max(1, min(width, height))
    is_screen = tall >= 1.7 or (width, height) in _SCREENS
    if measures.white > 0.6 and measures.edges > 0.02 and measures.tones < 600:
        sheet: PictureKind = (
            "document" if tall >= 1.15 else "other"
        )  # a square one is a logo more often than a paper
        return "screenshot" if is_screen else sheet
    if measures.flat > 0.35 and (measures.tones < 3000 or measures.flat > 0.6):
        drawn: PictureKind = "infographic" if measures.edges > 0.01 else "other"
        return "screenshot" if is_screen or tall >= 1.6 else drawn
    return "photo" if measures.tones >= 250 else "other"


_SCREENS: Final = {
    (1920, 1080),
    (1366, 768),
    (2560, 1440),
    (1440, 900),
    (1280, 800),
    (1280, 720),
    (3840, 2160),
}


def _colours(picture: Image.Image) -> tuple[str, ...]:
    tiny = picture.resize((_COLOUR_SIDE, _COLOUR_SIDE), Image.Resampling.BOX).convert("HSV")
    counts: Counter[str] = Counter()
    for count, pixel in tiny.getcolors(_COLOUR_SIDE**2) or []:
        if isinstance(pixel, tuple):
            counts[_name(int(pixel[0]), int(pixel[1]), int(pixel[2]))] += count
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    names = [name for name, count in ranked if count >= _SHARE * _COLOUR_SIDE**2]
    return tuple(names[:MAX_COLOURS]) or tuple(name for name, _ in ranked[:1])


def _name(hue: int, saturation: int, value: int) -> str:
    if value < 40 or saturation < 40:
        return next(name for end, name in _GREYS if value < end)
    name = next(name for end, name in _HUES if hue * 360 / 255 < end)
    return "brown" if name == "orange" and value < 160 else name
