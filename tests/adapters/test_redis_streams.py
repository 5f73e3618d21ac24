"""Streams over a real Redis: appended once, read as a group, trimmed with care."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from adapters.redis_streams.log import EventLog, connect, once_key
from adapters.redis_streams.reader import IDLE_MS, StreamReader
from adapters.redis_streams.watch import describe, trim
from contracts.errors import UnavailableError
from contracts.outgoing import Outgoing
from contracts.streams import dead_letters

pytestmark = pytest.mark.services

STREAM = "stream:posts:tagged"
GROUP = "readers"


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = connect(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


def an_outgoing(key: str = "k", stream: str = STREAM) -> Outgoing:
    return Outgoing(stream=stream, idempotency_key=key, fields={"data": f'{{"key": "{key}"}}'})


def a_reader(redis: Redis, consumer: str = "one") -> StreamReader:
    return StreamReader(redis, STREAM, GROUP, consumer)


async def fill(redis: Redis, count: int) -> list[str]:
    return await EventLog(redis).append_all([an_outgoing(str(n)) for n in range(count)])


async def read_all(reader: StreamReader, count: int = 10) -> list[str]:
    """What comes until nothing comes: a new group, then left-over entries, then new ones."""
    found: list[str] = []
    empty = 0
    while empty < 3:
        entries = [entry.id for entry in await reader.read(count, block_ms=1)]
        found, empty = found + entries, 0 if entries else empty + 1
    return found


async def test_an_event_is_appended_once_and_keeps_its_entry(redis: Redis) -> None:
    log = EventLog(redis)

    first = await log.append_all([an_outgoing("a"), an_outgoing("b")])
    again = await log.append_all([an_outgoing("b"), an_outgoing("c"), an_outgoing("a")])

    assert [again[2], again[0]] == first
    assert [fields for _, fields in await redis.xrange(STREAM)] == [
        an_outgoing(key).fields for key in ("a", "b", "c")
    ]


async def test_twenty_writers_of_one_event_append_it_once(redis: Redis) -> None:
    entries = await asyncio.gather(*(EventLog(redis).append_all([an_outgoing()]) for _ in range(20)))

    assert len({entry for (entry,) in entries}) == 1
    assert await redis.xlen(STREAM) == 1


async def test_an_event_that_redis_refused_is_appended_when_it_is_asked_for_again(redis: Redis) -> None:
    await redis.set(STREAM, "no stream")
    with pytest.raises(UnavailableError):
        await EventLog(redis).append_all([an_outgoing()])
    await redis.delete(STREAM)

    entries = await EventLog(redis).append_all([an_outgoing()])

    assert [entry for entry, _ in await redis.xrange(STREAM)] == entries


async def test_what_is_withdrawn_is_taken_out_and_comes_back_for_nobody_who_is_late(redis: Redis) -> None:
    log, event = EventLog(redis), an_outgoing("a")
    await log.append_all([event, an_outgoing("b")])

    assert await log.withdraw(STREAM, "a")
    assert not await log.withdraw(STREAM, "a")
    await log.append_all([event])

    assert [fields["data"] for _, fields in await redis.xrange(STREAM)] == ['{"key": "b"}']


async def test_what_is_withdrawn_before_it_was_appended_never_is(redis: Redis) -> None:
    log = EventLog(redis)

    assert not await log.withdraw(STREAM, "a")
    await log.append_all([an_outgoing("a")])

    assert await redis.xlen(STREAM) == 0
    assert await redis.ttl(once_key(STREAM, "a")) > 30 * 86400


async def test_one_key_on_two_streams_is_two_events(redis: Redis) -> None:
    await EventLog(redis).append_all([an_outgoing(stream="stream:a"), an_outgoing(stream="stream:b")])

    assert [await redis.xlen("stream:a"), await redis.xlen("stream:b")] == [1, 1]


async def test_a_key_is_remembered_for_longer_than_a_month(redis: Redis) -> None:
    await EventLog(redis).append_all([an_outgoing()])

    (key,) = await redis.keys("postloom:once:*")
    assert await redis.ttl(key) > 31 * 86400


async def test_nothing_is_appended_for_nothing(redis: Redis) -> None:
    assert await EventLog(redis).append_all([]) == []


async def test_a_redis_that_is_not_there_is_unavailable() -> None:
    nobody = connect("redis://127.0.0.1:1/0")

    with pytest.raises(UnavailableError, match=r"^redis: "):
        await EventLog(nobody).append_all([an_outgoing()])
    await nobody.aclose()


async def test_every_entry_is_read_once_in_order(redis: Redis) -> None:
    written = await fill(redis, 25)

    assert await read_all(a_reader(redis)) == written


async def test_what_was_not_acknowledged_is_read_again_after_a_restart(redis: Redis) -> None:
    written = await fill(redis, 25)
    reader = a_reader(redis)
    await read_all(reader)
    await reader.ack(written[:5])

    assert await read_all(a_reader(redis), count=7) == written[5:]


async def test_what_was_left_for_later_comes_again_and_holds_up_nobody(redis: Redis) -> None:
    (left,) = await fill(redis, 1)
    reader = a_reader(redis)
    await read_all(reader)
    reader.look_back()
    (new,) = await EventLog(redis).append_all([an_outgoing("new")])

    first, second = [[entry.id for entry in await reader.read(5, 1)] for _ in range(2)]

    assert (first, second) == ([new], [left, new])


async def test_a_consumer_that_died_is_relieved_of_its_entries(redis: Redis) -> None:
    written = await fill(redis, 3)
    await read_all(a_reader(redis, "died"))
    await redis.xclaim(STREAM, GROUP, "died", 0, list(written), idle=IDLE_MS + 1)

    claimed = await a_reader(redis, "heir").claim(10)

    assert [entry.id for entry in claimed] == written
    assert claimed[0].fields == an_outgoing("0").fields


async def test_an_entry_that_is_being_worked_on_is_not_taken_over(redis: Redis) -> None:
    await fill(redis, 3)
    await read_all(a_reader(redis, "busy"))

    assert await a_reader(redis, "heir").claim(10) == []


async def test_a_group_that_is_gone_is_made_again(redis: Redis) -> None:
    reader = a_reader(redis)
    await read_all(reader)
    await redis.flushdb()
    written = await fill(redis, 2)

    assert await reader.claim(5) == []
    assert await read_all(reader) == written


async def test_a_dead_letter_tells_why_and_keeps_the_whole_entry(redis: Redis) -> None:
    await redis.xadd(STREAM, {"data": "{" + "я" * 5000, "tenant_id": "t"})
    reader = a_reader(redis)
    await reader.read(1, 1)
    (entry,) = await reader.read(1, 1) or await reader.read(1, 1)

    await reader.bury(entry, "data: not JSON", "not_json")

    ((_, letter),) = await redis.xrange(dead_letters(STREAM))
    assert (letter["error"], letter["error_code"]) == ("data: not JSON", "not_json")
    assert (letter["original_stream"], letter["original_message_id"]) == (STREAM, entry.id)
    assert json.loads(letter["original_entry"]) == entry.fields
    assert (letter["tenant_id"], len(letter["payload_snippet"]) < 2000) == ("t", True)
    assert (await redis.xpending(STREAM, GROUP))["pending"] == 0


async def test_an_entry_knows_when_it_was_written(redis: Redis) -> None:
    await redis.xadd(STREAM, {"data": "{}"}, id="1772368200000-0")
    reader = a_reader(redis)
    await reader.read(1, 1)

    (entry,) = await reader.read(1, 1) or await reader.read(1, 1)

    assert entry.written_at == datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


async def test_trimming_leaves_what_a_group_has_not_read(redis: Redis) -> None:
    written = await fill(redis, 1000)
    await redis.xgroup_create(STREAM, "slow", id=written[199])
    await redis.xgroup_create(STREAM, "fast", id=written[-1])

    gone = await trim(redis, STREAM, max_length=100)

    kept = {entry for entry, _ in await redis.xrange(STREAM)}
    assert 0 < gone <= 200
    assert kept >= set(written[200:])


async def test_trimming_leaves_what_was_read_and_not_acknowledged(redis: Redis) -> None:
    written = await fill(redis, 1000)
    reader = a_reader(redis)
    assert await read_all(reader, count=100) == written
    await reader.ack(written[:300])

    await trim(redis, STREAM, max_length=100)

    assert {entry for entry, _ in await redis.xrange(STREAM)} >= set(written[300:])


async def test_a_stream_without_groups_is_trimmed_to_about_its_length(redis: Redis) -> None:
    await fill(redis, 1000)

    await trim(redis, STREAM, max_length=100)

    assert 100 <= await redis.xlen(STREAM) < 300


async def test_a_stream_that_is_far_too_long_is_trimmed_at_once(redis: Redis) -> None:
    await fill(redis, 3500)

    await trim(redis, STREAM, max_length=100)

    assert 100 <= await redis.xlen(STREAM) < 300


async def test_trimming_reads_only_what_is_too_much(redis: Redis) -> None:
    await EventLog(redis).append_all(
        [Outgoing(stream=STREAM, idempotency_key=str(n), fields={"data": "x" * 1000}) for n in range(3000)]
    )
    before = await bytes_sent(redis)

    await trim(redis, STREAM, max_length=2800)

    assert await bytes_sent(redis) - before < 500_000


async def bytes_sent(redis: Redis) -> int:
    return int((await redis.info("stats"))["total_net_output_bytes"])


async def test_a_short_stream_is_left_alone(redis: Redis) -> None:
    await fill(redis, 10)

    assert await trim(redis, STREAM, max_length=10) == 0


async def test_a_stream_is_described_by_length_lag_and_pending(redis: Redis) -> None:
    await fill(redis, 10)
    reader = a_reader(redis)
    await reader.read(4, 1)
    while not await reader.read(4, 1):
        pass

    info = await describe(redis, STREAM)

    (group,) = info.groups
    assert (info.length, group.name, group.lag, group.pending) == (10, GROUP, 6, 4)


async def test_a_stream_that_is_not_there_is_empty(redis: Redis) -> None:
    info = await describe(redis, "stream:none")

    assert (info.length, info.groups) == (0, ())
