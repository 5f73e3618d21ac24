"""The guard over a real Redis and a real outbox: what is lost comes back, what was trimmed does not, nothing twice."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from redis.asyncio import Redis

from activities.restoring import PART, Restorer
from adapters.postgres.outbox_lane import OutboxLane
from adapters.postgres.outbox_sent import SentOutbox
from adapters.postgres.pool import open_pool
from adapters.postgres.stages import keep_events
from adapters.redis_streams.log import EventLog, connect, once_key
from adapters.redis_streams.marker import Marker, MarkerKey, marker_key
from contracts.errors import UnavailableError
from contracts.outgoing import Outgoing
from contracts.restoring import LOOK_BACK
from ingest.guard import LATECOMERS, MARGIN, RENEW, Guard
from ingest.relay import Relay
from runtime.embedded.ports import choose_ports
from runtime.embedded.redis import redis_server, redis_url

pytestmark = pytest.mark.services

TENANT = UUID(int=7)
ARCHIVE = UUID(int=1)
KEY = marker_key(ARCHIVE)
TAGGED, INDEXED = "stream:posts:tagged", "stream:posts:indexed"


@dataclass
class Hands:
    """The moment, as the guard sees it; tests move it on."""

    now: datetime
    seconds: float = 0.0

    def pass_by(self, time: timedelta) -> None:
        self.now += time
        self.seconds += time.total_seconds()


@dataclass
class House:
    """An outbox, a Redis, and a guard between them."""

    pool: asyncpg.Pool
    redis: Redis
    hands: Hands

    @property
    def log(self) -> EventLog:
        return EventLog(self.redis, KEY)

    def guard(self) -> Guard:
        restorer = Restorer(SentOutbox(self.pool), EventLog(self.redis))
        marker = MarkerKey(self.redis, KEY)
        return Guard(marker, restorer, now=lambda: self.hands.now, clock=lambda: self.hands.seconds)

    async def put(self, *events: Outgoing, aggregate: str = "post") -> None:
        """Put events into the outbox; nobody has sent them yet."""
        async with self.pool.acquire() as connection, connection.transaction():
            await keep_events(connection, TENANT, aggregate, events)

    async def tell(self, *events: Outgoing) -> None:
        """Put events into the outbox and send them."""
        await self.put(*events)
        await Relay(self.pool, self.log, lane="bridge").drain()

    async def entries(self, stream: str = TAGGED) -> list[dict[str, str]]:
        return [fields for _, fields in await self.redis.xrange(stream)]

    async def recorded(self) -> list[str]:
        """The entry ids that the outbox has, in its order."""
        rows = await self.pool.fetch("SELECT entry_id FROM outbox_events ORDER BY id")
        return [row["entry_id"] for row in rows]


def an_event(key: str, stream: str = TAGGED) -> Outgoing:
    fields = {"data": f'{{"key": "{key}", "слово": "мост"}}'}
    return Outgoing(
        stream=stream, idempotency_key=key, fields=fields, trace_id="0" * 32, event_type="posts.tagged"
    )


def some_events(count: int, stream: str = TAGGED) -> list[Outgoing]:
    return [an_event(f"{stream}-{number}", stream) for number in range(count)]


@pytest.fixture
async def pool(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(postgres_dsn, size=6)
    await pool.execute("TRUNCATE outbox_events")
    yield pool
    await pool.close()


@pytest.fixture
async def house(pool: asyncpg.Pool, redis_url: str) -> AsyncIterator[House]:
    """A guarded Redis that holds what was told: three events of one stream and two of another."""
    redis = connect(redis_url)
    await redis.flushdb()
    house = House(pool, redis, Hands(datetime.now(UTC)))
    await house.guard().look()
    await house.tell(*some_events(3), *some_events(2, INDEXED))
    yield house
    await redis.aclose()


async def test_an_emptied_redis_is_filled_again_with_the_same_bytes_in_the_same_order(house: House) -> None:
    before = [await house.entries(stream) for stream in (TAGGED, INDEXED)]
    await house.redis.flushdb()

    assert await house.guard().look() == 5

    assert [await house.entries(stream) for stream in (TAGGED, INDEXED)] == before
    ids = [id for stream in (TAGGED, INDEXED) for id, _ in await house.redis.xrange(stream)]
    assert await house.recorded() == ids


async def test_looking_again_restores_nothing_more(house: House) -> None:
    await house.redis.flushdb()
    guard = house.guard()
    await guard.look()

    assert [await guard.look(), await house.guard().look()] == [0, 0]

    assert len(await house.entries()) == 3


async def test_what_was_trimmed_is_not_lost(house: House) -> None:
    await house.redis.xtrim(TAGGED, maxlen=1, approximate=False)
    await house.redis.delete(KEY)

    assert await house.guard().look() == 0

    assert len(await house.entries()) == 1


async def test_what_was_not_sent_yet_is_left_to_those_who_send_it(house: House) -> None:
    await house.put(an_event("later"))
    await house.redis.flushdb()

    assert await house.guard().look() == 5

    assert "later" not in str(await house.entries())


async def test_what_was_sent_longer_ago_than_keys_are_remembered_stays_away(house: House) -> None:
    old = house.hands.now - LOOK_BACK - timedelta(minutes=1)
    await house.pool.execute("UPDATE outbox_events SET processed_at = $1 WHERE stream_key = $2", old, INDEXED)
    await house.redis.flushdb()

    assert await house.guard().look() == 3

    assert await house.entries(INDEXED) == []


async def test_a_lost_tail_is_restored_and_nothing_is_looked_at_that_was_sent_long_before(
    house: House,
) -> None:
    """As after kill -9: another run, an older marker, the last events gone; one of long ago, too."""
    long_ago = house.hands.now - MARGIN - timedelta(minutes=2)
    lost = [an_event(f"{TAGGED}-2"), an_event(f"{INDEXED}-0", INDEXED)]
    await _forget(house, *lost)
    await house.pool.execute(
        "UPDATE outbox_events SET processed_at = $1 WHERE idempotency_key = $2", long_ago, f"{INDEXED}-0"
    )
    await house.redis.set(KEY, Marker("of-the-former-run", house.hands.now).text)

    assert await house.guard().look() == 1

    assert [len(await house.entries(stream)) for stream in (TAGGED, INDEXED)] == [3, 1]


async def test_a_marker_of_days_ago_makes_what_was_sent_since_then_be_looked_at(house: House) -> None:
    """As after a backup of Redis was put back."""
    days_ago = house.hands.now - timedelta(days=3)
    await _forget(house, an_event(f"{TAGGED}-2"))
    await house.pool.execute(
        "UPDATE outbox_events SET processed_at = $1 WHERE idempotency_key = $2", days_ago, f"{TAGGED}-2"
    )
    await house.redis.set(KEY, Marker("of-the-former-run", days_ago).text)

    assert await house.guard().look() == 1


async def test_nothing_new_is_appended_before_what_was_lost(house: House) -> None:
    await house.redis.flushdb()
    await house.put(an_event("new"))
    with pytest.raises(UnavailableError, match="what Redis lost comes first"):
        await Relay(house.pool, house.log, lane="bridge").drain()

    await house.guard().look()
    await Relay(house.pool, house.log, lane="bridge").drain()

    keys = [f"{TAGGED}-{n}" for n in range(3)]
    assert [
        key for entry in await house.entries() for key in [*keys, "new"] if f'"{key}"' in entry["data"]
    ] == [
        *keys,
        "new",
    ]


async def test_what_is_known_is_answered_while_something_is_restored(house: House) -> None:
    await house.redis.set(KEY, Marker("of-the-former-run", house.hands.now).text)

    entries = await house.log.append_all(some_events(3))

    assert entries == [id for id, _ in await house.redis.xrange(TAGGED)]


async def test_two_guards_at_once_append_nothing_twice(house: House) -> None:
    await house.redis.flushdb()

    await asyncio.gather(house.guard().look(), house.guard().look(), house.guard().look())

    assert [len(await house.entries(stream)) for stream in (TAGGED, INDEXED)] == [3, 2]
    assert (await MarkerKey(house.redis, KEY).look()).is_whole


async def test_a_redis_that_goes_away_in_the_middle_is_filled_when_it_is_back(house: House) -> None:
    await house.redis.flushdb()
    guard = Guard(
        MarkerKey(house.redis, KEY), Restorer(SentOutbox(house.pool), _Leaving(house.redis, after=1))
    )
    with pytest.raises(UnavailableError):
        await guard.look()
    assert not (await MarkerKey(house.redis, KEY).look()).is_whole

    await house.guard().look()

    assert [len(await house.entries(stream)) for stream in (TAGGED, INDEXED)] == [3, 2]


async def test_a_redis_that_is_emptied_in_the_middle_is_looked_through_again(house: House) -> None:
    await house.redis.flushdb()
    streams = _Emptied(house.redis)
    guard = Guard(MarkerKey(house.redis, KEY), Restorer(SentOutbox(house.pool), streams))
    await guard.look()
    assert await house.entries() == []

    await guard.look()

    assert [len(await house.entries(stream)) for stream in (TAGGED, INDEXED)] == [3, 2]


async def test_an_event_that_was_recorded_late_is_found_by_a_second_look(house: House) -> None:
    """Appended to the Redis that was lost, and recorded as sent only after the outbox was looked through."""
    late = an_event("late")
    await house.put(late)
    async with OutboxLane(house.pool, "bridge").unsent() as batch:
        entries = await house.log.append_all(batch.events)
        await house.redis.flushdb()
        guard = house.guard()
        await guard.look()
        await batch.sent(entries)
    house.hands.pass_by(timedelta(seconds=LATECOMERS))

    assert [await guard.look(), await guard.look()] == [1, 0]

    assert '"late"' in (await house.entries())[-1]["data"]


async def test_a_marker_is_renewed(house: House) -> None:
    house.hands.pass_by(RENEW)

    await house.guard().look()

    marker = (await MarkerKey(house.redis, KEY).look()).marker
    assert marker is not None
    assert marker.at == house.hands.now.replace(microsecond=0)


async def test_many_parts_are_restored_in_the_order_of_the_outbox(house: House) -> None:
    await house.tell(*(an_event(f"many-{number}") for number in range(PART + 150)))
    await house.redis.flushdb()

    assert await house.guard().look() == 5 + PART + 150

    numbers = [
        int(e["data"].split("many-")[1].split('"')[0]) for e in await house.entries() if "many-" in e["data"]
    ]
    assert numbers == list(range(PART + 150))


async def test_a_running_guard_fills_redis_again_by_itself(house: House) -> None:
    running = asyncio.create_task(house.guard().run())
    await house.redis.flushdb()
    async with asyncio.timeout(20):
        while len(await house.entries()) < 3:
            await asyncio.sleep(0.05)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_server_that_was_killed_and_lost_its_tail_is_completed(
    pool: asyncpg.Pool, tmp_path: Path
) -> None:
    """A server of the test's own: killed, its file cut short, started again."""
    port = choose_ports({"redis": 21_500})["redis"]
    async with _server(tmp_path, port) as redis:
        house = House(pool, redis, Hands(datetime.now(UTC)))
        await house.guard().look()
        await house.tell(*some_events(20))
        before = await house.entries()
    file = next(tmp_path.rglob("*.aof"))
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.index(f"{TAGGED}-12".encode())])

    async with _server(tmp_path, port) as redis:
        house = House(pool, redis, house.hands)
        kept = len(await house.entries())
        restored = await house.guard().look()

        assert 0 < kept < 20
        assert restored == 20 - kept
        assert await house.entries() == before


async def _forget(house: House, *events: Outgoing) -> None:
    """Lose events as if they had never been appended."""
    for event in events:
        found = [id for id, fields in await house.redis.xrange(event.stream) if fields == event.fields]
        await house.redis.xdel(event.stream, *found)
        await house.redis.delete(once_key(event.stream, event.idempotency_key))


class _Leaving(EventLog):
    """Streams that answer so many appends and then no more."""

    def __init__(self, redis: Redis, after: int) -> None:
        super().__init__(redis)
        self._left = after

    async def append_all(self, events: Sequence[Outgoing]) -> list[str]:
        entries = await super().append_all(events[: self._left])
        raise UnavailableError(f"redis: away after {len(entries)}")


class _Emptied(EventLog):
    """Streams that lose everything once, after the first append."""

    def __init__(self, redis: Redis) -> None:
        super().__init__(redis)
        self._server, self._emptied = redis, False

    async def append_all(self, events: Sequence[Outgoing]) -> list[str]:
        entries = await super().append_all(events)
        if not self._emptied:
            self._emptied = True
            await self._server.flushdb()
        return entries


@asynccontextmanager
async def _server(folder: Path, port: int) -> AsyncIterator[Redis]:
    """Run a Redis as the service does; at the end it is killed."""
    server = redis_server(folder, port)
    process = await asyncio.create_subprocess_exec(*server.command, stdout=asyncio.subprocess.DEVNULL)
    redis = connect(redis_url(port))
    try:
        async with asyncio.timeout(20):
            while not await server.answers():
                await asyncio.sleep(0.05)
        yield redis
    finally:
        await redis.aclose()
        process.kill()
        await process.wait()
