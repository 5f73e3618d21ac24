"""The dead-letter streams: reading what lies there, taking out what has been dealt with."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from redis.asyncio import Redis

from adapters.redis_streams.errors import our_errors
from contracts.dead_letters import UNREADABLE
from contracts.streams import STREAMS, dead_letters

_PAGE = 500


@dataclass(frozen=True)
class Letter:
    """One entry of a dead-letter stream. ``stream`` is the stream it lies on, with ``:dlq``."""

    stream: str
    id: str
    fields: Mapping[str, str]

    @property
    def kind(self) -> str:
        """``unreadable`` or ``parked``; letters older than the word are unreadable ones."""
        return self.fields.get("kind", UNREADABLE)

    @property
    def code(self) -> str:
        """Why it lies there, in a word: the starter's code, or ``<stage>:<error class>``."""
        return self.fields.get("error_code", "unknown")


class Letters:
    """All dead-letter streams of the contract."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def withdraw(self, stream: str, entry_id: str) -> bool:
        """Take a letter out; False when it is not there any more."""
        with our_errors():
            return bool(await self._redis.xdel(stream, entry_id))

    async def all(self, stream: str | None = None) -> list[Letter]:
        """Return the letters of every stream, or of the one whose letters are wanted; oldest first."""
        return [letter for name in _wanted(stream) for letter in await self._of(name)]

    async def newest(self, count: int, stream: str | None = None) -> tuple[list[Letter], int]:
        """Return up to ``count`` of the newest letters, oldest first, and how many there are altogether."""
        found: list[Letter] = []
        total = 0
        for name in _wanted(stream):
            with our_errors():
                rows = await self._redis.xrevrange(name, count=count)
                total += await self._redis.xlen(name)
            found += [Letter(name, id, fields) for id, fields in rows]
        return by_age(found)[-count:], total

    async def named(self, entry_id: str, stream: str | None = None) -> list[Letter]:
        """Return the letters with that entry id, which is unique within a stream only."""
        found: list[Letter] = []
        for name in _wanted(stream):
            with our_errors():
                rows = await self._redis.xrange(name, min=entry_id, max=entry_id)
            found += [Letter(name, id, fields) for id, fields in rows]
        return found

    async def _of(self, stream: str) -> list[Letter]:
        found: list[Letter] = []
        after = "-"
        with our_errors():
            while rows := await self._redis.xrange(stream, min=after, count=_PAGE):
                found += [Letter(stream, id, fields) for id, fields in rows]
                after = f"({rows[-1][0]}"
        return found


def by_age(letters: Iterable[Letter]) -> list[Letter]:
    """Return letters of several streams, oldest first."""
    return sorted(letters, key=lambda letter: tuple(map(int, letter.id.split("-"))))


def _wanted(stream: str | None) -> list[str]:
    return [dead_letters(name) for name in STREAMS if stream in {None, name, dead_letters(name)}]
