"""Draws the pictures of the invented city channel: scenes like photographs from afar, and papers."""

import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SIZE: Final = (640, 426)
_FONT: Final = "DejaVuSans.ttf"
Colour = tuple[int, int, int]


def font(size: int) -> ImageFont.FreeTypeFont:
    """Return a font with Cyrillic letters."""
    return ImageFont.truetype(_FONT, size)


def draw(kind: str, seed: int, path: Path) -> None:
    """Draw one picture; the same kind and seed give the same bytes."""
    chance = random.Random(seed)
    image = _PAPERS[kind]() if kind in _PAPERS else _scene(kind, chance)
    image.save(path, "JPEG", quality=72, optimize=True)


def _scene(kind: str, chance: random.Random) -> Image.Image:
    sky, ground = _GROUNDS[kind]
    image = Image.new("RGB", SIZE)
    pen = ImageDraw.Draw(image)
    horizon = chance.randint(190, 230)
    for y in range(SIZE[1]):
        base, far = (sky, y / horizon) if y < horizon else (ground, (y - horizon) / (SIZE[1] - horizon))
        shade = 0.75 + 0.35 * far
        pen.line([(0, y), (SIZE[0], y)], fill=_shaded(base, shade))
    _SCENES[kind](pen, chance, horizon)
    return _grained(image.filter(ImageFilter.GaussianBlur(0.8)), chance)


def _shaded(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, int(part * factor)) for part in colour)
    return red, green, blue


def _grained(image: Image.Image, chance: random.Random) -> Image.Image:
    grain = Image.frombytes(
        "L", (SIZE[0] // 4, SIZE[1] // 4 + 1), chance.randbytes(SIZE[0] // 4 * (SIZE[1] // 4 + 1))
    )
    return Image.blend(image, grain.resize(SIZE).convert("RGB"), 0.06)


def _bridge(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    deck = horizon - 20
    for x in range(-40, SIZE[0], 160):
        pen.arc([x, deck - 70, x + 160, deck + 90], 180, 360, fill=(120, 60, 50), width=10)
        pen.rectangle([x - 12, deck, x + 12, horizon + 110], fill=(110, 105, 100))
    pen.rectangle([0, deck - 8, SIZE[0], deck + 12], fill=(90, 85, 85))
    for _ in range(4):
        x = chance.randint(20, 600)
        pen.rectangle([x, deck - 26, x + 44, deck - 8], fill=(chance.randint(90, 250), 60, 50))


def _ice(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    for _ in range(46):
        x, y = chance.randint(-30, SIZE[0]), chance.randint(horizon + 6, SIZE[1])
        wide = 14 + (y - horizon) // 2
        points = [
            (x + wide * math.cos(a) * chance.uniform(0.7, 1.2), y + wide / 3 * math.sin(a)) for a in range(6)
        ]
        pen.polygon(points, fill=(225, 235, 242), outline=(160, 190, 205))


def _robot(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    for x in range(0, SIZE[0], 22):
        for shelf in range(4):
            colour = (chance.randint(80, 200), chance.randint(50, 140), chance.randint(40, 120))
            pen.rectangle([x, 20 + shelf * 62, x + 18, 70 + shelf * 62 - chance.randint(0, 16)], fill=colour)
    pen.rounded_rectangle([250, horizon - 60, 390, horizon + 150], 24, fill=(235, 238, 242))
    pen.rounded_rectangle([270, horizon - 150, 370, horizon - 68], 20, fill=(245, 247, 250))
    for x in (297, 343):
        pen.ellipse([x - 11, horizon - 122, x + 11, horizon - 100], fill=(30, 140, 220))


def _houses(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    pen.rectangle([90, horizon - 130, 550, horizon + 60], fill=(214, 180, 140))
    pen.polygon([(70, horizon - 130), (570, horizon - 130), (320, horizon - 200)], fill=(150, 70, 60))
    for row in range(3):
        for x in range(115, 530, 52):
            lit = chance.random() > 0.4
            pen.rectangle(
                [x, horizon - 112 + row * 56, x + 30, horizon - 76 + row * 56],
                fill=(250, 235, 170) if lit else (90, 110, 140),
            )


def _stalls(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    for x in range(10, SIZE[0], 128):
        colour = (chance.randint(150, 240), chance.randint(40, 160), chance.randint(40, 110))
        pen.polygon(
            [(x, horizon), (x + 116, horizon), (x + 100, horizon - 60), (x + 16, horizon - 60)], fill=colour
        )
        pen.rectangle([x + 8, horizon + 40, x + 108, horizon + 90], fill=(130, 95, 60))
        for _ in range(16):
            at, up = x + chance.randint(12, 98), horizon + chance.randint(26, 40)
            pen.ellipse(
                [at, up, at + 12, up + 12], fill=(chance.randint(120, 240), chance.randint(60, 200), 50)
            )


def _people(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    for _ in range(60):
        x, y = chance.randint(0, SIZE[0]), chance.randint(horizon, SIZE[1] - 20)
        tall = 16 + (y - horizon) // 4
        colour = (chance.randint(40, 230), chance.randint(40, 200), chance.randint(40, 220))
        pen.rectangle([x, y - tall, x + tall // 2, y + tall], fill=colour)
        pen.ellipse([x, y - tall * 2, x + tall // 2, y - tall], fill=(235, 200, 170))
    for x in range(0, SIZE[0], 32):
        pen.polygon([(x, 40), (x + 24, 40), (x + 12, 70)], fill=(chance.randint(120, 255), 60, 90))


def _trees(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    for _ in range(22):
        x, y = chance.randint(0, SIZE[0]), chance.randint(horizon, SIZE[1] - 60)
        wide = 26 + (y - horizon) // 3
        pen.rectangle([x - 4, y, x + 4, y + wide], fill=(90, 65, 45))
        pen.ellipse([x - wide, y - wide * 2, x + wide, y + 8], fill=(50, chance.randint(110, 170), 60))


def _sun(pen: ImageDraw.ImageDraw, chance: random.Random, horizon: int) -> None:
    x = chance.randint(220, 420)
    pen.ellipse([x - 50, horizon - 70, x + 50, horizon + 30], fill=(255, 210, 120))
    for y in range(horizon, SIZE[1], 9):
        pen.line([(x - 90 + y % 40, y), (x + 70 - y % 30, y)], fill=(255, 190, 110), width=3)


def _paper(background: Colour, lines: tuple[tuple[str, int, Colour], ...], left: int = 40) -> Image.Image:
    image = Image.new("RGB", (720, 520), background)
    pen, y = ImageDraw.Draw(image), 30
    for text, size, colour in lines:
        pen.text((left, y), text, font=font(size), fill=colour)
        y += int(size * 1.7)
    return image


_DARK: Final = (30, 30, 34)
_BLUE: Final = (20, 80, 170)


def _decree() -> Image.Image:
    rows = (
        "АДМИНИСТРАЦИЯ ГОРОДА ЗАРЕЧЬЕ", "ПОСТАНОВЛЕНИЕ № 217-П", "",
        "О временном ограничении движения", "по Старому мосту через реку Светлица", "",
        "1. Закрыть движение грузовых автомобилей", "    с 6 апреля по 15 октября.",
        "2. Объезд: Северный обход (Route R-217).", "3. Контроль: dorogi@zarechye.example", "",
        "Глава города                         И. П. Речкин",
    )  # fmt: skip
    return _paper((250, 249, 244), tuple((row, 22, _DARK) for row in rows)).rotate(
        1.2, fillcolor=(200, 196, 188)
    )


def _schedule() -> Image.Image:
    rows = (
        "Автобус № 12",
        "Заречье — Вокзал",
        "05:40   06:10   06:25   06:40",
        "07:00   07:15   07:30   07:45",
    )
    return _paper((235, 242, 252), (*((row, 34, _BLUE) for row in rows), ("Проезд 32 ₽ · Bus 12", 26, _DARK)))


def _chart() -> Image.Image:
    image = _paper((255, 255, 255), (("Бюджет города, млн рублей", 30, _DARK),))
    pen = ImageDraw.Draw(image)
    for place, (name, value) in enumerate((("Мост", 210), ("Школа № 4", 94), ("Дворы", 18), ("Парк", 11))):
        y = 110 + place * 90
        pen.rectangle([220, y, 220 + value * 2, y + 50], fill=(40, 110 + place * 30, 200 - place * 40))
        pen.text((40, y + 8), name, font=font(24), fill=_DARK)
        pen.text((230 + value * 2, y + 8), str(value), font=font(24), fill=_DARK)
    return image


def _chat() -> Image.Image:
    rows = (
        "Чат дома № 7", "Анна: кинотеатр «Маяк» закрывают?!", "Игорь: да, говорят, навсегда",
        "Мэрия: это неправда.", "Зал откроется 3 мая.",
    )  # fmt: skip
    image = _paper((218, 232, 222), tuple((row, 28, _DARK) for row in rows))
    ImageDraw.Draw(image).rectangle([0, 0, 719, 20], fill=(80, 120, 100))
    return image


_Scene = Callable[[ImageDraw.ImageDraw, random.Random, int], None]
_SCENES: Final[dict[str, _Scene]] = {
    "bridge": _bridge, "ice": _ice, "robot": _robot, "school": _houses, "market": _stalls,
    "festival": _people, "park": _trees, "sunset": _sun,
}  # fmt: skip
_GROUNDS: Final[dict[str, tuple[Colour, Colour]]] = {
    "bridge": ((150, 180, 215), (70, 100, 130)), "ice": ((190, 205, 220), (60, 95, 120)),
    "robot": ((205, 185, 160), (150, 120, 95)), "school": ((140, 190, 235), (120, 150, 100)),
    "market": ((170, 195, 220), (150, 140, 130)), "festival": ((160, 190, 230), (215, 220, 228)),
    "park": ((150, 200, 240), (110, 150, 80)), "sunset": ((230, 120, 80), (90, 60, 90)),
}  # fmt: skip
_PAPERS: Final = {"decree": _decree, "schedule": _schedule, "chart": _chart, "chat": _chat}
