"""Appending events: each once, however often it is asked for."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from redis.asyncio import Redis

from adapters.redis_streams.errors import our_errors
from contracts.identity import digest
from contracts.outgoing import Outgoing

#: Longer than any retry: a key that is asked for again within this time is not appended again.
REMEMBERED: Final = timedelta(days=45)

#: KEYS: the stream, the key that remembers, and the marker where only a whole Redis may be appended to.
APPEND_ONCE: Final = """
local known = redis.call('GET', KEYS[2])
if known then
    redis.call('EXPIRE', KEYS[2], ARGV[1])
    return known
end
if KEYS[3] then
    local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
    local whole = 'whole ' .. run .. ' '
    if string.sub(redis.call('GET', KEYS[3]) or '', 1, #whole) ~= whole then
        return redis.error_reply('NOTWHOLE what Redis lost comes first')
    end
end
redis.call('SET', KEYS[2], '-', 'EX', ARGV[1])
local id = redis.pcall('XADD', KEYS[1], '*', unpack(ARGV, 2))
if type(id) == 'table' then
    redis.call('DEL', KEYS[2])
    return id
end
redis.call('SET', KEYS[2], id, 'EX', ARGV[1])
return id
"""

#: KEYS: the stream, and the key that remembers. What was not appended yet is remembered as if it had been.
WITHDRAW: Final = """
local known = redis.call('GET', KEYS[2])
redis.call('SET', KEYS[2], known or '-', 'EX', ARGV[1])
return known and known ~= '-' and redis.call('XDEL', KEYS[1], known) or 0
"""


def connect(url: str) -> Redis:
    """Return a client that reads text; bytes that are no UTF-8 become U+FFFD instead of stopping a reader."""
    return Redis.from_url(url, decode_responses=True, encoding_errors="replace", health_check_interval=30)


def once_key(stream: str, idempotency_key: str) -> str:
    """Return the key that remembers that an event was appended."""
    return f"postloom:once:{stream}:{digest(idempotency_key)[:32]}"


class EventLog:
    """The streams, for writing. With a ``marker``, a Redis that lost something takes nothing new before that."""

    def __init__(self, redis: Redis, marker: str | None = None) -> None:
        self._redis = redis
        self._marker = [marker] if marker else []
        self._append = redis.register_script(APPEND_ONCE)
        self._withdraw = redis.register_script(WITHDRAW)

    async def append_all(self, events: Sequence[Outgoing]) -> list[str]:
        """Append each event unless its key was appended before; return the entry ids, also of earlier appends.

        Raises:
            UnavailableError: Redis did not answer, or lost something that is not restored yet; what was appended
                stays, asking again repeats nothing.
        """
        if not events:
            return []
        with our_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for event in events:
                    keys = [event.stream, once_key(event.stream, event.idempotency_key), *self._marker]
                    await self._append(keys=keys, args=_arguments(event), client=pipe)
                return [str(entry) for entry in await pipe.execute()]

    async def withdraw(self, stream: str, idempotency_key: str) -> bool:
        """Take an event out; False when it is not there. From then on nobody appends it any more."""
        with our_errors():
            keys, seconds = [stream, once_key(stream, idempotency_key)], int(REMEMBERED.total_seconds())
            return bool(await self._withdraw(keys=keys, args=[seconds]))

    async def knows(self, events: Sequence[tuple[str, str]]) -> list[bool]:
        """Return for each (stream, idempotency key) whether it is remembered that it was appended."""
        if not events:
            return []
        with our_errors():
            return [
                entry is not None
                for entry in await self._redis.mget([once_key(stream, key) for stream, key in events])
            ]


def _arguments(event: Outgoing) -> list[str]:
    seconds = str(int(REMEMBERED.total_seconds()))
    return [seconds, *(part for pair in event.fields.items() for part in pair)]
