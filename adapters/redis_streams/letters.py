"""The dead-letter streams: reading what lies there, taking out what has been dealt with."""

from collections.abc import Mapping
from dataclasses import dataclass

from redis.asyncio import Redis

from adapters.redis_streams.errors import our_errors
from contracts.streams import STREAMS, dead_letters

_PAGE = 500


@dataclass(frozen=True)
class Letter:
    """One entry of a dead-letter stream. ``stream`` is the stream it lies on, with ``:dlq``."""

    stream: str
    id: str
    fields: Mapping[str, str]


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
        wanted = [dead_letters(name) for name in STREAMS if stream in {None, name, dead_letters(name)}]
        return [letter for name in wanted for letter in await self._of(name)]

    async def _of(self, stream: str) -> list[Letter]:
        found: list[Letter] = []
        after = "-"
        with our_errors():
            while rows := await self._redis.xrange(stream, min=after, count=_PAGE):
                found += [Letter(stream, id, fields) for id, fields in rows]
                after = f"({rows[-1][0]}"
        return found
