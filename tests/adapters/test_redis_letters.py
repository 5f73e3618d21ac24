"""Dead letters of all streams, read and taken out of a real Redis."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.asyncio import Redis

from adapters.redis_streams.letters import Letters
from adapters.redis_streams.log import connect
from contracts.streams import POSTS_PARSED, POSTS_TAGGED, STREAMS, dead_letters

pytestmark = pytest.mark.services


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    redis = connect(redis_url)
    await redis.flushdb()
    yield redis
    await redis.aclose()


async def put(redis: Redis, stream: str, id: str = "*", **fields: str) -> str:
    given: Any = {"error": "no", **fields}
    return str(await redis.xadd(dead_letters(stream), given, id=id))


async def test_letters_of_every_stream_are_read_or_of_one(redis: Redis) -> None:
    for stream in STREAMS:
        await put(redis, stream)

    letters = Letters(redis)

    assert {letter.stream for letter in await letters.all()} == {dead_letters(stream) for stream in STREAMS}
    assert len(await letters.all(POSTS_TAGGED)) == len(await letters.all(dead_letters(POSTS_TAGGED))) == 1


async def test_more_letters_than_are_read_at_a_time_are_all_read(redis: Redis) -> None:
    for _ in range(1100):
        await put(redis, POSTS_PARSED)

    found = await Letters(redis).all(POSTS_PARSED)

    assert len({letter.id for letter in found}) == 1100


async def test_the_same_entry_id_may_be_on_two_streams(redis: Redis) -> None:
    for stream in (POSTS_PARSED, POSTS_TAGGED):
        await put(redis, stream, "5-0")
    letters = Letters(redis)

    assert len(await letters.named("5-0")) == 2
    assert [letter.stream for letter in await letters.named("5-0", POSTS_TAGGED)] == [
        dead_letters(POSTS_TAGGED)
    ]
    assert await letters.named("6-0") == []


async def test_what_says_no_kind_is_unreadable(redis: Redis) -> None:
    await put(redis, POSTS_PARSED, "1-0", error_code="not_json")
    await put(redis, POSTS_PARSED, "2-0", kind="parked", error_code="tags:E")

    old, new = await Letters(redis).all()

    assert (old.kind, old.code, new.kind, new.code) == ("unreadable", "not_json", "parked", "tags:E")


async def test_a_letter_is_taken_out_once(redis: Redis) -> None:
    id = await put(redis, POSTS_PARSED)
    letters = Letters(redis)

    assert await letters.withdraw(dead_letters(POSTS_PARSED), id)
    assert not await letters.withdraw(dead_letters(POSTS_PARSED), id)
    assert await letters.all() == []


async def test_the_newest_of_all_streams_are_read_without_the_others(redis: Redis) -> None:
    for number in range(1, 6):
        await put(redis, POSTS_PARSED if number % 2 else POSTS_TAGGED, f"{number}-0")

    shown, total = await Letters(redis).newest(2)
    of_one, count = await Letters(redis).newest(2, POSTS_PARSED)

    assert ([letter.id for letter in shown], total) == (["4-0", "5-0"], 5)
    assert ([letter.id for letter in of_one], count) == (["3-0", "5-0"], 3)
