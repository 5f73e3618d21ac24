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

APPEND_ONCE: Final = """
local first = redis.call('SET', KEYS[2], '-', 'NX', 'EX', ARGV[1])
if not first then return redis.call('GET', KEYS[2]) end
local id = redis.pcall('XADD', KEYS[1], '*', unpack(ARGV, 2))
if type(id) == 'table' then
    redis.call('DEL', KEYS[2])
    return id
end
redis.call('SET', KEYS[2], id, 'EX', ARGV[1])
return id
"""


def connect(url: str) -> Redis:
    """Return a client that reads text; bytes that are no UTF-8 become U+FFFD instead of stopping a reader."""
    return Redis.from_url(url, decode_responses=True, encoding_errors="replace", health_check_interval=30)


def once_key(stream: str, idempotency_key: str) -> str:
    """Return the key that remembers that an event was appended."""
    return f"postloom:once:{stream}:{digest(idempotency_key)[:32]}"


class EventLog:
    """The streams, for writing."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._append = redis.register_script(APPEND_ONCE)

    async def append_all(self, events: Sequence[Outgoing]) -> list[str]:
        """Append each event unless its key was appended before; return the entry ids, also of earlier appends.

        Raises:
            UnavailableError: Redis did not answer; what was appended stays, asking again repeats nothing.
        """
        if not events:
            return []
        with our_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                for event in events:
                    keys = [event.stream, once_key(event.stream, event.idempotency_key)]
                    await self._append(keys=keys, args=_arguments(event), client=pipe)
                return [str(entry) for entry in await pipe.execute()]


def _arguments(event: Outgoing) -> list[str]:
    seconds = str(int(REMEMBERED.total_seconds()))
    return [seconds, *(part for pair in event.fields.items() for part in pair)]
