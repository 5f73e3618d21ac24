"""What goes through the house: small exports with everything that stages do something about."""

import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from PIL import Image

from examples.site import HOST
from tests.chaos.fate import POISON
from tests.servers.hostile_site import ARTICLE, HostileSite, plain

INDEXED: Final = "indexed"
SKIPPED: Final = "skipped"
FAILED: Final = "failed"
DELETED: Final = "deleted"
#: Indexed or skipped, whichever is true of it.
ENDED: Final = "ended"

_START: Final = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
_SUBJECTS: Final = (
    "ремонт моста",
    "новая школа",
    "городской рынок",
    "трамвайная линия",
    "речной вокзал",
    "ледоход",
)
_VERBS: Final = ("обсудили", "открыли", "проверили", "перенесли", "показали", "закончили")


def marked(chat: int) -> int:
    """Return Telegram's marked number of a channel, by its number in an export."""
    return -(10**12) - chat


@dataclass
class Batch:
    """Posts of one channel, and how each must end; ``captions`` are those that an album looks at once more."""

    folder: Path
    chat: int
    posts: dict[int, str] = field(default_factory=dict)
    albums: int = 0
    captions: set[int] = field(default_factory=set)
    photos: int = 0
    _messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def channel(self) -> int:
        """Telegram's marked number of the channel."""
        return marked(self.chat)

    def add_text(self, ends: str = INDEXED, *, text: str | None = None, **more: Any) -> int:
        """Add a post; return its message id."""
        number = self._next()
        self.posts[number] = ends
        words = self._text(number) if text is None else text
        self._messages.append(_message(self.chat, number, words, number * 60) | more)
        return number

    def add_whole(self, site: HostileSite) -> int:
        """Add a post with a text, a picture and a link that leads somewhere."""
        path = f"/page-{self.chat}-{self._next()}"
        site.answers[path] = plain(ARTICLE.encode())
        text = f"{self._text(self._next())} Подробнее: http://{HOST}{path}"
        return self.add_text(text=text, **self._picture(self._next()))

    def add_picture(self) -> int:
        """Add a post with a text and a picture that follows from the channel and the place alone."""
        return self.add_text(**self._picture(self._next()))

    def add_broken_link(self, site: HostileSite) -> int:
        """Add a post whose link leads to a site that has no time."""
        path = f"/broken-{self.chat}-{self._next()}"
        site.answers[path] = plain(b"later", status="503 Service Unavailable")
        return self.add_text(text=f"{self._text(self._next())} Подробнее: http://{HOST}{path}")

    def add_silent(self) -> int:
        """Add a post that says nothing at all."""
        photo = "(File not included. Change data exporting settings to download.)"
        return self.add_text(SKIPPED, text="", photo=photo, width=64, height=48)

    def add_poison(self) -> int:
        """Add a post that the tagger refuses: it parks."""
        return self.add_text(FAILED, text=f"{POISON} {self._text(self._next())}")

    def add_channel_photo(self) -> None:
        """Have the channel get a picture of its own, which is no post."""
        number = self._next() + 1000
        service = {"type": "service", "actor": "Город", "action": "edit_group_photo"}
        self._messages.append(_message(self.chat, number, "", number) | service | self._picture(number))
        self.photos += 1

    @property
    def victims(self) -> list[int]:
        """The posts that somebody wants gone."""
        return [number for number, end in self.posts.items() if end == DELETED]

    def add_victims(self) -> None:
        """Add a post and an album that somebody wants gone once they are there."""
        self.add_text(DELETED, **self._picture(self._next()))
        self.add_album(ends=DELETED)

    def add_album(self, items: int = 2, ends: str = INDEXED) -> None:
        """Add an album; the first item has the caption."""
        first = self._next()
        for number in range(first, first + items):
            text = self._text(number) if number == first else ""
            self.posts[number] = ends
            message = _message(self.chat, number, text, first * 60)
            self._messages.append(message | self._picture(number))
        self.captions.add(first)
        self.albums += ends == INDEXED

    def add_mix(self, count: int, site: HostileSite | None = None) -> None:
        """Add about ``count`` posts: texts, every fifth with everything where there is a ``site``, and an album."""
        for number in range(count - 3):
            if site and number % 5 == 0:
                self.add_whole(site)
            else:
                self.add_text()
        self.add_album(3)

    def written(self) -> Path:
        """Write the export; return its folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        chat = {
            "name": f"Канал {self.chat}",
            "type": "public_channel",
            "id": self.chat,
            "messages": self._messages,
        }
        (self.folder / "result.json").write_text(json.dumps(chat), encoding="utf-8")
        return self.folder

    def _next(self) -> int:
        """Leave a gap, so that neighbours are no album."""
        return max(self.posts, default=-1) + 2

    def _text(self, number: int) -> str:
        chance = random.Random(f"{self.chat}:{number}")
        return " ".join(
            f"В городе {chance.choice(_VERBS)} {chance.choice(_SUBJECTS)}, рассказали жители дома "
            f"{chance.randint(1, 999)} на улице {chance.randint(1, 99)}."
            for _ in range(4)
        )

    def _picture(self, number: int) -> dict[str, Any]:
        (self.folder / "photos").mkdir(parents=True, exist_ok=True)
        chance = random.Random(f"{self.chat}:{number}")
        image = Image.effect_noise((64, 48), chance.uniform(20, 90)).convert("RGB")
        image.paste((chance.randint(0, 255), chance.randint(0, 255), chance.randint(0, 255)), (0, 0, 32, 24))
        name = f"photos/photo_{number}.png"
        image.save(self.folder / name)
        return {"photo": name, "width": 64, "height": 48}


def _message(chat: int, number: int, text: str, second: int) -> dict[str, Any]:
    moment = _START + timedelta(seconds=second)
    return {
        "id": number, "type": "message", "date": moment.replace(tzinfo=None).isoformat(),
        "date_unixtime": str(int(moment.timestamp())), "from": "Город", "from_id": f"channel{chat}", "text": text,
        "text_entities": [{"type": "plain", "text": text}] if text else [],
    }  # fmt: skip
