"""F01 to F03: processes that are killed at every boundary there is, for a while, and under the same name."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

from contracts.post import Decision
from tests.acceptance.producer import CHANNEL as PRODUCERS_CHANNEL
from tests.acceptance.producer import entry
from tests.chaos.audit import Expected, whole
from tests.chaos.batch import Batch
from tests.chaos.house import House, a_house, a_house_of_one, until
from tests.chaos.orders import AFTER, BEFORE, BETWEEN, OUTSIDE, Death
from tests.chaos.table import Fault, Outcome, Wish
from tests.servers.hostile_site import HostileSite
from workers.activities import Parts, activities_by_queue
from workers.policies import load_policies
from workflows.attributes import NEEDS_HUMAN
from workflows.queues import CRAWL_QUEUE, POST_QUEUE, TAGS_QUEUE, VISION_QUEUE

#: Whose death is noticed last comes first, so that all is noticed while others die.
_ORDER: Final = (VISION_QUEUE, TAGS_QUEUE, CRAWL_QUEUE, POST_QUEUE)
#: Deaths between the effect of a store or a provider and what we remember of it.
_BETWEEN: Final = (
    ("vision.look", "analyze_media"), ("objects.put", "analyze_media"), ("tagger.tags_for", "tag_post"),
    ("objects.put", "fetch_page"), ("vectors.put_one", "index_vectors"), ("graph.replace_post", "link_graph"),
    ("objects.put", "assemble_album"), ("graph.put_album", "assemble_album"), ("events.append_all", "announce"),
    ("events.append_all", "announce_indexed"), ("events.append_all", "announce_assembled"),
)  # fmt: skip
#: Those of the parts that are no activity: appended and not marked as sent, started and not acknowledged.
_PARTS: Final = (
    Death(where="events.append_all", moment=BETWEEN, during=OUTSIDE),
    Death(where="redis.xack", moment=BEFORE, during=OUTSIDE),
)
#: Seconds within which a death that was ordered must come.
_COMES: Final = 60.0
#: Seconds that nobody is there.
_AWAY: Final = 10.0


class _Anything:
    """Has every attribute: enough to ask which activities there are."""

    def __getattr__(self, name: str) -> Any:
        return self


def every_activity() -> list[str]:
    """Return the types of all activities that workers serve, those whose death is noticed last first."""
    anything: Any = _Anything()
    by_queue = activities_by_queue(Parts(anything, anything, anything, load_policies(None)))
    return [each.__name__ for queue in _ORDER for each in by_queue.pop(queue)] + [
        each.__name__ for rest in by_queue.values() for each in rest
    ]


def every_death() -> Iterator[Death]:
    """Every boundary of every activity, and what lies within some."""
    for kind in every_activity():
        for where, during in _BETWEEN:
            if during == kind:
                yield Death(where=where, moment=BETWEEN, during=during)
        yield from (Death(where=kind, moment=moment) for moment in (BEFORE, BETWEEN, AFTER))
    yield from _PARTS


def a_batch(wish: Wish, number: int, site: HostileSite, death: Death | None = None) -> Batch:
    """Return posts that come by the death: one with everything and an album, and what it alone needs."""
    batch = Batch(wish.folder / "exports" / str(number), chat=1000 + number)
    batch.add_whole(site)
    batch.add_album()
    needed = (death.during or death.where) if death else ""
    if needed == "skip_page":
        batch.add_broken_link(site)
    elif needed == "announce_skipped":
        batch.add_silent()
    elif needed == "mark_failed":
        batch.add_poison()
    return batch


async def at_every_boundary(wish: Wish) -> Outcome:
    """Kill one process after the other, each at the next boundary; nobody waits for the one before."""
    return await die(wish, list(every_death()))


async def die(wish: Wish, deaths: list[Death]) -> Outcome:
    """Let the service die these deaths, one after the other, each with posts of its own on their way."""
    outcome = Outcome(runs=len(deaths))
    async with HostileSite({}) as site, a_house(wish.folder, site.address) as house:
        expected = Expected(await house.tenant("town"), deaths=len(deaths))
        for number, death in enumerate(deaths):
            wish.say(f"{number + 1} of {len(deaths)}: {death}")
            batch = a_batch(wish, number, site, death)
            expected.expect(batch)
            if not await _dies(house, batch, death):
                outcome.found.stuck.append(f"never came to: {death}")
        wish.say("everything on its way to its end")
        wish.waits.set()
        await house.start()
        found, outcome.recovered = await whole(house, expected)
    outcome.found.add(found)
    return outcome


async def _dies(house: House, batch: Batch, death: Death) -> bool:
    house.orders.die(death if death in _PARTS else death.model_copy(update={"channel": batch.channel}))
    await house.bring(batch.written())
    house.launch()
    decided = asyncio.create_task(_give_up(house, batch)) if death.where == "mark_failed" else None
    died = await house.died(_COMES)
    if decided:
        decided.cancel()
        await asyncio.gather(decided, return_exceptions=True)
    if not died:
        house.orders.survive()
        await house.kill()
    return died and house.orders.has_died()


async def _give_up(house: House, batch: Batch) -> None:
    """Wait until the batch's post is parked, and give it up."""
    which = f"TgState='{NEEDS_HUMAN}' AND TgChannel='{batch.channel}' AND ExecutionStatus='Running'"

    async def is_given_up() -> bool:
        parked = [run.id async for run in house.client.list_workflows(which)]
        for id in parked:
            handle = house.client.get_workflow_handle(id)
            await handle.signal("resolve", Decision(action="give-up", by="chaos"))
        return bool(parked)

    await until("a post to be parked", is_given_up)


async def dead_for_a_while(wish: Wish) -> Outcome:
    """Kill the service under load, let more arrive while nobody is there, start it again."""
    outcome = Outcome(runs=1)
    async with HostileSite({}) as site, a_house(wish.folder, site.address) as house:
        expected = Expected(await house.tenant("town"), deaths=1)
        before, meanwhile = (Batch(wish.folder / "exports" / str(n), chat=2000 + n) for n in range(2))
        for batch in (before, meanwhile):
            batch.add_mix(wish.posts // 2, site)
            expected.expect(batch)
        await house.bring(before.written())
        await house.start()
        await until("some posts at their end", lambda: _some_ended(house))
        await house.kill()
        await house.bring(meanwhile.written())
        await house.write(*(entry(expected.tenant, number) for number in range(1, 11)))
        expected.expect_entries(PRODUCERS_CHANNEL, range(1, 11))
        wish.say("nobody is there")
        await asyncio.sleep(_AWAY)
        await house.start()
        outcome.found, outcome.recovered = await whole(house, expected)
    return outcome


async def under_the_same_name(wish: Wish) -> Outcome:
    """Kill the service and its servers together, and start them in the same folder, under the same names."""
    outcome = Outcome(runs=3)
    async with HostileSite({}) as site, a_house_of_one(wish.folder, site.address) as house:
        expected = Expected(await house.tenant("town"), deaths=outcome.runs)
        for number in range(outcome.runs):
            batch = Batch(wish.folder / "exports" / str(number), chat=2100 + number)
            batch.add_mix(wish.posts // outcome.runs, site)
            expected.expect(batch)
            await house.bring(batch.written())
            await until("some posts at their end", lambda: _some_ended(house, len(expected.ends) // 2))
            await house.kill()
            await house.start()
        outcome.found, outcome.recovered = await whole(house, expected)
    return outcome


async def _some_ended(house: House, count: int = 3) -> bool:
    return bool(await house.pool.fetchval("SELECT count(*) >= $1 FROM posts WHERE is_processed", count))


FAULTS: Final = (
    Fault("F01", "kill -9 at every boundary of every activity", at_every_boundary),
    Fault("F02", "everything dead for ten seconds, with a backlog", dead_for_a_while),
    Fault("F03", "service and servers killed, started under the same names", under_the_same_name),
)
