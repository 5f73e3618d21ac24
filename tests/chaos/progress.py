"""How far everything is: waiting until it is at its end."""

import time
from collections import Counter
from typing import Final

import asyncpg

from adapters.redis_streams.watch import describe
from starter.starter import GROUP, HANDLERS
from tests.chaos.batch import DELETED
from tests.chaos.expected import Expected
from tests.chaos.house import House, until
from tests.chaos.truth import ALBUMS, OUTBOX, PHOTOS, POSTS, TOMBSTONES, at_of

#: Seconds that everything may take: an attempt whose process died is missed after at most 75, a claim after 215.
DEADLINE: Final = 300.0


async def settled(house: House, expected: Expected, seconds: float = DEADLINE) -> float:
    """Wait until everything is at its end; return how long it took.

    Raises:
        NothingHappenedError: it is not within ``seconds``.
    """
    began = time.monotonic()

    async def is_settled() -> bool:
        return not await unfinished(house, expected)

    await until("everything at its end", is_settled, seconds)
    return time.monotonic() - began


async def unfinished(house: House, expected: Expected) -> list[str]:
    """Return what is not at its end yet; looks first where most is to be seen."""
    if waiting := [*await _posts_under_way(house, expected), *await _others_under_way(house, expected)]:
        return waiting
    return [*await _unsent(house, expected), *await _unread(house), *await _open(house)]


async def _posts_under_way(house: House, expected: Expected) -> list[str]:
    rows = {at_of(row): row for row in await house.pool.fetch(POSTS, expected.tenant)}
    gone = {at_of(row) for row in await house.pool.fetch(TOMBSTONES, expected.tenant)}
    over = {at for at, row in rows.items() if _is_over(row) and expected.ends.get(at) != DELETED} | (
        gone - set(rows)
    )
    states = {at: rows[at]["status"] if at in rows else "not there" for at in expected.ends}
    return [f"post {at} is {state}" for at, state in states.items() if at not in over]


async def _others_under_way(house: House, expected: Expected) -> list[str]:
    albums = await house.pool.fetch(ALBUMS, expected.tenant)
    assembled = Counter(row["channel"] for row in albums if row["assembled"])
    recorded = {row["channel"]: row["recorded"] for row in await house.pool.fetch(PHOTOS, expected.tenant)}
    return [
        f"albums of {at} are not assembled" for at, count in expected.albums.items() if assembled[at] < count
    ] + [
        f"pictures of channel {at} are not recorded"
        for at, count in expected.photos.items()
        if recorded.get(at, 0) < count
    ]


def _is_over(row: asyncpg.Record) -> bool:
    return bool(row["concluded"]) or row["status"] == "failed"


async def _unsent(house: House, expected: Expected) -> list[str]:
    rows = await house.pool.fetch(OUTBOX, expected.tenant)
    return [f"not told: {row['stream']} {row['key']}" for row in rows if not row["sent"]]


async def _unread(house: House) -> list[str]:
    found = []
    for stream in HANDLERS:
        info = await describe(house.redis, stream)
        group = next((group for group in info.groups if group.name == GROUP), None)
        waiting = group.lag + group.pending if group else info.length
        found += [f"{waiting} entries of {stream} are not acknowledged"] if waiting else []
    return found


async def _open(house: House) -> list[str]:
    running = house.client.list_workflows("ExecutionStatus='Running'")
    return [f"{run.id} is open" async for run in running]
