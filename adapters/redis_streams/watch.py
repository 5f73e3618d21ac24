"""How long the streams are, who lags behind, and trimming that never takes what a group has not read."""

from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from adapters.redis_streams.errors import our_errors

#: A stream is trimmed to about this many entries.
MAX_LENGTH: Final = 100_000

#: So many of the oldest entries are read at a time to learn where the next cut goes.
_ROUND: Final = 1000

#: Before Redis 7, which tells the lag, so many entries are counted at most.
_COUNTED: Final = 1000


@dataclass(frozen=True)
class GroupLag:
    """How far a consumer group is: entries not yet delivered, and not acknowledged.

    ``lag_at_least`` says that more than ``lag`` may wait: so many were counted and no more.
    """

    name: str
    lag: int
    pending: int
    lag_at_least: bool = False


@dataclass(frozen=True)
class StreamInfo:
    """A stream, its length and its groups."""

    stream: str
    length: int
    groups: tuple[GroupLag, ...]


async def describe(redis: Redis, stream: str) -> StreamInfo:
    """Return length and groups of ``stream``; a stream that does not exist is empty and has no groups."""
    with our_errors():
        length = await redis.xlen(stream)
        groups = await _groups(redis, stream)
        lags = tuple([await _lag(redis, stream, group) for group in groups])
    return StreamInfo(stream, int(length), lags)


async def _lag(redis: Redis, stream: str, group: dict[str, Any]) -> GroupLag:
    """Redis 7 tells the lag; before that the entries after the last delivered one are counted."""
    name, pending = group["name"], int(group["pending"])
    if group.get("lag") is not None:
        return GroupLag(name, int(group["lag"]), pending)
    rows = await redis.xrange(stream, min=f"({group['last-delivered-id']}", count=_COUNTED)
    return GroupLag(name, len(rows), pending, lag_at_least=len(rows) == _COUNTED)


async def _groups(redis: Redis, stream: str) -> list[dict[str, Any]]:
    try:
        return list(await redis.xinfo_groups(stream))
    except ResponseError as error:
        if "no such key" in str(error):
            return []
        raise


async def trim(redis: Redis, stream: str, max_length: int = MAX_LENGTH) -> int:
    """Trim ``stream`` to about ``max_length``, never beyond what every known group has acknowledged.

    Returns the number of entries that went.
    """
    gone = 0
    with our_errors():
        while went := await _cut(redis, stream, max_length):
            gone += went
    return gone


async def _cut(redis: Redis, stream: str, max_length: int) -> int:
    surplus = await redis.xlen(stream) - max_length
    if surplus <= 0:
        return 0
    oldest = await redis.xrange(stream, count=min(surplus, _ROUND) + 1)
    floor = min([oldest[-1][0], *await _unread(redis, stream)], key=_order)
    return int(await redis.xtrim(stream, minid=floor, approximate=True))


async def _unread(redis: Redis, stream: str) -> list[str]:
    """Return, for each group, the first entry that it still needs."""
    needed = []
    for group in await _groups(redis, stream):
        waiting = await redis.xpending(stream, group["name"])
        needed.append(waiting["min"] or group["last-delivered-id"])
    return needed


def _order(entry_id: str) -> tuple[int, int]:
    moment, _, sequence = entry_id.partition("-")
    return int(moment), int(sequence or 0)
