"""The posts of the benchmark: an invented export of a stated mix, the same every time."""

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw
from pydantic import BaseModel, ConfigDict

from examples.site import HOST

PAGES: Final = ("most", "shkola", "rynok", "robot", "ledohod", "svetofory", "bolnica", "about")
_START: Final = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
_SUBJECTS: Final = (
    "ремонт моста", "новая школа", "городской рынок", "трамвайная линия", "детская площадка", "речной вокзал",
    "библиотека", "искусственный интеллект", "выставка роботов", "ледоход", "больница", "парк у набережной",
)  # fmt: skip
_VERBS: Final = (
    "обсудили",
    "открыли",
    "проверили",
    "перенесли",
    "показали",
    "начали",
    "закончили",
    "отложили",
)
_PLACES: Final = (
    "на левом берегу",
    "у вокзала",
    "в центре",
    "за рекой",
    "на Садовой улице",
    "в старом порту",
)


class Mix(BaseModel):
    """How many posts of each kind; an album has five pictures, each a post of its own."""

    model_config = ConfigDict(frozen=True)

    text: int
    link: int
    picture: int
    albums: int

    @property
    def posts(self) -> int:
        """How many posts that are."""
        return self.text + self.link + self.picture + 5 * self.albums

    @classmethod
    def of(cls, posts: int) -> "Mix":
        """Return the stated mix of about ``posts`` posts: 60 % text, 15 % with a link, 15 % with a picture, albums."""
        albums = posts // 50
        link = picture = posts * 15 // 100
        return cls(text=posts - link - picture - 5 * albums, link=link, picture=picture, albums=albums)


def write_export(folder: Path, mix: Mix) -> Path:
    """Write a Telegram Desktop export of that mix into ``folder``; return the path of its result.json."""
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    writer = _Writer(folder, random.Random(20260301))  # noqa: S311  the same posts every time
    kinds = ["text"] * mix.text + ["link"] * mix.link + ["picture"] * mix.picture + ["album"] * mix.albums
    writer.random.shuffle(kinds)
    for kind in kinds:
        writer.add(kind)
    export = {"name": "Замер", "type": "public_channel", "id": 1900000001, "messages": writer.messages}
    path = folder / "result.json"
    path.write_text(json.dumps(export, ensure_ascii=False), encoding="utf-8")
    return path


class _Writer:
    def __init__(self, folder: Path, numbers: random.Random) -> None:
        self.messages: list[dict[str, Any]] = []
        self.random, self._folder, self._moment = numbers, folder, _START

    def add(self, kind: str) -> None:
        self._moment += timedelta(minutes=7)
        if kind == "link":
            page = f"http://{HOST}/{self.random.choice(PAGES)}.html?n={len(self.messages)}"
            self._message(f"{self._text()} Подробнее: {page}")
        elif kind == "album":
            for number in range(5):
                self._message(self._text() if number == 0 else "", photo=True)
        else:
            self._message(self._text(), photo=kind == "picture")

    def _message(self, text: str, *, photo: bool = False) -> None:
        number = len(self.messages) + 1
        message: dict[str, Any] = {
            "id": number, "type": "message", "date": self._moment.replace(tzinfo=None).isoformat(),
            "date_unixtime": str(int(self._moment.timestamp())), "from": "Замер", "from_id": "channel1900000001",
            "text": text, "text_entities": [{"type": "plain", "text": text}] if text else [],
        }  # fmt: skip
        if photo:
            message |= {"photo": self._draw(number), "width": 640, "height": 480}
        self.messages.append(message)

    def _text(self) -> str:
        return " ".join(
            f"В городе {self.random.choice(_VERBS)} {self.random.choice(_SUBJECTS)} {self.random.choice(_PLACES)}, "
            f"рассказали жители дома {self.random.randint(1, 99)}."
            for _ in range(3)
        )

    def _draw(self, number: int) -> str:
        image = Image.new("RGB", (640, 480), tuple(self.random.randint(40, 220) for _ in range(3)))
        draw = ImageDraw.Draw(image)
        for _ in range(12):
            x, y = self.random.randint(0, 560), self.random.randint(0, 400)
            colour = tuple(self.random.randint(0, 255) for _ in range(3))
            draw.ellipse(
                (x, y, x + self.random.randint(20, 200), y + self.random.randint(20, 160)), fill=colour
            )
        name = f"photos/photo_{number}.jpg"
        image.save(self._folder / name, quality=80)
        return name
