"""Entries wait by tenant and are taken in turn; nothing is taken twice, and not too much waits."""

import json
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from adapters.redis_streams.log import connect
from adapters.redis_streams.reader import Entry, StreamReader
from contracts.streams import POSTS_PARSED
from starter.gate import Gate
from starter.starter import GROUP, Starter
from starter.turns import Turns


def entries(tenant: str, *numbers: int) -> list[Entry]:
    return [Entry(POSTS_PARSED, f"{number}-0", {"tenant_id": tenant, "n": str(number)}) for number in numbers]


def ids(taken: list[Entry]) -> list[str]:
    return [entry.id.removesuffix("-0") for entry in taken]


def test_tenants_are_served_in_turn_and_each_in_order() -> None:
    turns = Turns()
    turns.add([*entries("a", 1, 2, 3, 4), *entries("b", 5, 6), *entries("c", 7)])

    assert ids(turns.take(7)) == ["1", "5", "7", "2", "6", "3", "4"]
    assert len(turns) == 0


def test_who_comes_later_waits_one_turn_and_no_longer() -> None:
    turns = Turns()
    turns.add(entries("a", 1, 2, 3, 4))
    turns.take(1)

    turns.add(entries("b", 5))

    assert ids(turns.take(4)) == ["2", "5", "3", "4"]


def test_what_waits_already_is_not_added_again_and_what_was_taken_may_come_again() -> None:
    turns = Turns()
    turns.add(entries("a", 1, 2))
    turns.add(entries("a", 1, 2))
    assert len(turns) == 2

    turns.take(1)
    turns.add(entries("a", 1))

    assert ids(turns.take(5)) == ["2", "1"]


def test_entries_of_every_shape_have_a_tenant_or_wait_together() -> None:
    turns = Turns()
    turns.add(entries("a", 1, 2))
    turns.add([Entry(POSTS_PARSED, "3-0", {"data": json.dumps({"tenant_id": "a"})})])
    turns.add([Entry(POSTS_PARSED, "4-0", {"data": "{"}), Entry(POSTS_PARSED, "5-0", {})])

    assert ids(turns.take(3)) == ["1", "4", "5"]


def test_there_is_no_room_when_many_or_large_entries_wait() -> None:
    turns = Turns(window=3, window_bytes=100)
    turns.add(entries("a", 1))
    assert turns.room == 2

    turns.add([Entry(POSTS_PARSED, "2-0", {"tenant_id": "a", "text": "x" * 200})])
    assert turns.room == 0

    turns.take(2)
    assert turns.room == 3


@pytest.fixture
async def redis(redis_url: str) -> Redis:
    client = connect(redis_url)
    await client.flushdb()
    return client


@pytest.mark.services
async def test_a_post_is_started_before_another_tenants_backlog_is(redis: Redis) -> None:
    noisy, quiet, taken = str(uuid4()), str(uuid4()), []

    async def take(entry: Entry) -> None:
        taken.append(entry.fields["tenant_id"])

    starter = Starter(StreamReader(redis, POSTS_PARSED, GROUP, "starter-1"), take, Gate(_none, 4, 2), 50)
    for tenant in [noisy] * 60 + [quiet]:
        await redis.xadd(POSTS_PARSED, {"tenant_id": tenant})

    while not taken:
        await starter.step()

    assert taken == [noisy, quiet, noisy, noisy]
    assert (await redis.xpending(POSTS_PARSED, GROUP))["pending"] == 61 - 4
    await redis.aclose()


@pytest.mark.services
async def test_what_waited_when_a_starter_died_is_read_by_the_next(redis: Redis) -> None:
    taken: list[str] = []

    async def take(entry: Entry) -> None:
        taken.append(entry.id)

    written = [str(await redis.xadd(POSTS_PARSED, {"tenant_id": "a"})) for _ in range(9)]
    for high in (4, 100):
        reader = StreamReader(redis, POSTS_PARSED, GROUP, "starter-1")
        starter, before = Starter(reader, take, Gate(_none, high, 2), 50), len(taken)
        while len(taken) == before:
            await starter.step()

    assert taken == written
    assert (await redis.xpending(POSTS_PARSED, GROUP))["pending"] == 0
    await redis.aclose()


async def _none() -> int:
    return 0
