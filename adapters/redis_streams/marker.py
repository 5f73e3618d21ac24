"""The marker: a key of ours by which Redis says that it still has everything that was sent to it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self
from uuid import UUID

from redis.asyncio import Redis

from adapters.redis_streams.errors import our_errors

WHOLE: Final = "whole"
REPAIR: Final = "repair"
#: Some servers do not say which run they are: there only an emptied one is noticed. The scripts say the same word.
UNKNOWN: Final = "unknown"

#: One step, so that a Redis that is emptied or started again in between is noticed.
SWAP: Final = """
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or 'unknown'
local there = redis.call('GET', KEYS[1]) or ''
if run ~= ARGV[1] or there ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[3])
return 1
"""


def marker_key(archive_id: UUID) -> str:
    """Return the key; archives that share a Redis have one each."""
    return f"postloom:marker:{archive_id}"


@dataclass(frozen=True)
class Marker:
    """What the key says of the server of that ``run_id``.

    Whole: everything sent before ``at`` is there. Under repair (``token`` names it): what was sent since ``at``
    is being looked through.
    """

    run_id: str
    at: datetime
    token: str = ""

    @property
    def text(self) -> str:
        """The marker as it is kept; the script that appends compares its beginning."""
        words = (REPAIR if self.token else WHOLE, self.run_id, str(int(self.at.timestamp())), self.token)
        return " ".join(word for word in words if word)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the marker that ``text`` is, None for anything else."""
        kind, _, rest = text.partition(" ")
        parts = rest.split(" ")
        if not parts[0] or len(parts) != {WHOLE: 2, REPAIR: 3}.get(kind) or not parts[1].isdigit():
            return None
        return cls(parts[0], datetime.fromtimestamp(int(parts[1]), UTC), "".join(parts[2:]))


@dataclass(frozen=True)
class Sight:
    """One look at a server: who it is, and what the key held (empty: nothing)."""

    run_id: str
    text: str

    @property
    def marker(self) -> Marker | None:
        """The marker, None where there is none that can be read."""
        return Marker.read(self.text)

    @property
    def is_whole(self) -> bool:
        """Whether this very server has everything that was sent to it."""
        marker = self.marker
        return marker is not None and not marker.token and marker.run_id == self.run_id


class MarkerKey:
    """The key in Redis."""

    def __init__(self, redis: Redis, key: str) -> None:
        self._redis, self._key = redis, key
        self._swap = redis.register_script(SWAP)

    async def look(self) -> Sight:
        """Return who the server is and what it holds, in one round trip."""
        with our_errors():
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.info("server")
                pipe.get(self._key)
                server, text = await pipe.execute()
        return Sight(str(server.get("run_id") or UNKNOWN), text or "")

    async def swap(self, seen: Sight, marker: Marker) -> bool:
        """Set the marker if server and key are still as they were seen; return whether they were."""
        with our_errors():
            done = await self._swap(keys=[self._key], args=[seen.run_id, seen.text, marker.text])
        return bool(done)
