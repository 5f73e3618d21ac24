"""Reading a stream as one consumer group of ours: new entries, left-over entries, acknowledgement, dead letters."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from adapters.redis_streams.errors import our_errors
from contracts.dead_letters import unreadable
from contracts.streams import dead_letters

#: An entry that another consumer took and did not acknowledge within this time is taken over (milliseconds).
IDLE_MS: Final = 60_000


@dataclass(frozen=True)
class Entry:
    """One entry of a stream; ``fields`` is empty when it was trimmed before it was read."""

    stream: str
    id: str
    fields: Mapping[str, str]

    @property
    def written_at(self) -> datetime:
        """When Redis took the entry, by its id."""
        return datetime.fromtimestamp(int(self.id.partition("-")[0]) / 1000, UTC)


class StreamReader:
    """One consumer of one group on one stream."""

    def __init__(self, redis: Redis, stream: str, group: str, consumer: str) -> None:
        self.stream = stream
        self._redis, self._group, self._consumer = redis, group, consumer
        #: The pending entry after which to read on; None: read new ones.
        self._pending_after: str | None = "0"
        self._look_back = False

    async def read(self, count: int, block_ms: int) -> list[Entry]:
        """Return up to ``count`` entries: first those left unacknowledged, page by page, then new ones.

        ``block_ms`` is how long to wait for a new one; 0 is not at all.
        """
        with our_errors():
            try:
                return await self._read(count, block_ms)
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
            await self._create_group()
            return []

    async def _read(self, count: int, block_ms: int) -> list[Entry]:
        start = self._pending_after or ">"
        answer = await self._redis.xreadgroup(
            self._group,
            self._consumer,
            {self.stream: start},
            count=count,
            block=(block_ms or None) if start == ">" else None,
        )
        entries = [Entry(self.stream, id, fields or {}) for _, rows in answer or [] for id, fields in rows]
        if start != ">":
            self._pending_after = entries[-1].id if entries else None
        elif self._look_back:
            self._pending_after, self._look_back = "0", False
        return entries

    async def claim(self, count: int) -> list[Entry]:
        """Take over up to ``count`` entries that a consumer of the group has held for too long."""
        with our_errors():
            try:
                answer = await self._redis.xautoclaim(
                    self.stream, self._group, self._consumer, IDLE_MS, start_id="0-0", count=count
                )
            except ResponseError as error:
                if "NOGROUP" not in str(error):
                    raise
                await self._create_group()
                return []
        return [Entry(self.stream, id, fields or {}) for id, fields in answer[1] if id]

    async def _create_group(self) -> None:
        try:
            await self._redis.xgroup_create(self.stream, self._group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def look_back(self) -> None:
        """Read what is pending once more, after one more look at what is new: who waits holds up nobody."""
        self._look_back = True

    async def ack(self, ids: Iterable[str]) -> None:
        """Say that these entries are taken care of."""
        wanted = list(ids)
        if wanted:
            with our_errors():
                await self._redis.xack(self.stream, self._group, *wanted)

    async def bury(self, entry: Entry, reason: str, code: str) -> None:
        """Put the entry on the dead-letter stream with its reason and acknowledge it, both or neither."""
        fields: Any = unreadable(
            (entry.stream, entry.id), entry.fields, (reason, code), entry.written_at, datetime.now(UTC)
        )
        with our_errors():
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.xadd(dead_letters(self.stream), fields)
                pipe.xack(self.stream, self._group, entry.id)
                await pipe.execute()
