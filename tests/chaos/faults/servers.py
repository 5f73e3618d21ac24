"""F05, F07, F08: the servers die, lose what they had, and come back."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from tests.chaos.audit import whole
from tests.chaos.batch import Batch
from tests.chaos.expected import Expected, Found
from tests.chaos.house import OUTAGES, House, a_house, until
from tests.chaos.table import Fault, Outcome, Wish
from tests.servers.hostile_site import HostileSite

#: Seconds within which events that Redis has lost must be back.
_RESTORED: Final = 120.0
_TERMINATE: Final = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"


async def redis_dies(wish: Wish) -> Outcome:
    """Three times: killed; killed with the second half of its file gone; emptied while it runs."""
    outcome = Outcome(runs=3)
    for number, hurt in enumerate((_killed, _robbed, _emptied)):
        wish.say(f"redis {hurt.__name__.strip('_')}")
        found, took = await _redis_run(wish, number, hurt)
        if found.lost or found.doubled or found.stuck:
            outcome.notes.append(f"redis {hurt.__name__.strip('_')}: not whole")
        outcome.found.add(found)
        outcome.recovered = max(outcome.recovered, took)
    return outcome


async def _redis_run(
    wish: Wish, number: int, hurt: Callable[[House], Awaitable[None]]
) -> tuple[Found, float]:
    folder = wish.folder / str(number)
    async with HostileSite({}) as site, a_house(folder, site.address) as house:
        expected = Expected(await house.tenant("town"))
        batch = Batch(folder / "export", chat=3000 + number)
        batch.add_mix(wish.posts // 2, site)
        expected.expect(batch)
        await house.start()
        await house.bring(batch.written())
        await until("half of the posts at their end", lambda: _ended(house, len(batch.posts) // 2))
        await hurt(house)
        return await whole(house, expected, _RESTORED)


async def _killed(house: House) -> None:
    await house.machines.end("redis")
    await house.machines.start("redis")


async def _robbed(house: House) -> None:
    await house.machines.end("redis")
    log = max((house.folder / "redis").rglob("*.aof"), key=lambda path: path.stat().st_size)
    _cut(log)
    await house.machines.start("redis")


def _cut(log: Path) -> None:
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size // 2)


async def _emptied(house: House) -> None:
    await house.redis.flushall()


async def _ended(house: House, count: int) -> bool:
    return bool(await house.pool.fetchval("SELECT count(*) >= $1 FROM posts WHERE is_processed", count))


async def postgres_comes_and_goes(wish: Wish) -> Outcome:
    """Stop the database three times at random, and cut its connections in between, while posts arrive."""
    outcome, chance = Outcome(runs=3), random.Random(wish.seed)
    async with HostileSite({}) as site, a_house(wish.folder, site.address) as house:
        expected = Expected(await house.tenant("town"))
        await house.start()
        for number in range(outcome.runs):
            batch = Batch(wish.folder / "exports" / str(number), chat=3100 + number)
            batch.add_mix(wish.posts // 2, site)
            expected.expect(batch)
            arriving = asyncio.create_task(_bring_until_it_is_in(house, batch))
            await _cut_connections(house, chance.uniform(3, 9))
            await house.machines.end(
                "postgres", chance.choice((signal.SIGKILL, signal.SIGQUIT, signal.SIGINT))
            )
            away = chance.uniform(2, 6)
            wish.say(f"postgres away for {away:.0f} s, {number + 1} of {outcome.runs}")
            await asyncio.sleep(away)
            await house.machines.start("postgres")
            back = time.monotonic()
            await arriving
        outcome.found, _ = await whole(house, expected)
        outcome.recovered = time.monotonic() - back
    return outcome


async def _cut_connections(house: House, seconds: float) -> None:
    """Cut all connections every second, whatever they are in the middle of."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        await asyncio.sleep(1)
        try:
            await house.pool.fetch(_TERMINATE)
        except OUTAGES:
            continue


async def _bring_until_it_is_in(house: House, batch: Batch) -> None:
    """Import, and import again where a store did not answer, as a person would."""
    export = batch.written()

    async def is_in() -> bool:
        await house.bring(export)
        return True

    await until("an import", is_in)


async def temporal_dies(wish: Wish) -> Outcome:
    """Kill the workflow engine under load, and start it again after five seconds."""
    outcome = Outcome(runs=1)
    async with HostileSite({}) as site, a_house(wish.folder, site.address) as house:
        expected = Expected(await house.tenant("town"))
        batch = Batch(wish.folder / "export", chat=3200)
        batch.add_mix(wish.posts, site)
        expected.expect(batch)
        await house.start()
        await house.bring(batch.written())
        await until("some posts at their end", lambda: _ended(house, 5))
        await house.machines.end("temporal")
        await asyncio.sleep(5)
        await house.machines.start("temporal")
        wish.waits.set()
        outcome.found, outcome.recovered = await whole(house, expected)
    return outcome


FAULTS: Final = (
    Fault("F05", "redis killed; half of its file lost; emptied", redis_dies),
    Fault("F07", "postgres stopped three times, connections cut", postgres_comes_and_goes),
    Fault("F08", "the workflow engine killed", temporal_dies),
)
