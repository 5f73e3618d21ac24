"""F01 to F03: processes that are killed at every boundary there is, for a while, and under the same name."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from tests.acceptance.producer import CHANNEL as PRODUCERS_CHANNEL
from tests.acceptance.producer import entry
from tests.chaos.audit import audited, whole
from tests.chaos.batch import Batch
from tests.chaos.expected import Expected
from tests.chaos.faults.nudges import (
    BROKEN_LINK,
    CAMPAIGN,
    CHANNEL_PHOTO,
    OF_A_TENANT,
    POISON,
    RECONCILE,
    RECONCILE_ALL,
    SILENT,
    VICTIMS,
    Life,
    give_up,
    nudge,
)
from tests.chaos.house import House, NothingHappenedError, a_house, a_house_of_one, until
from tests.chaos.orders import AFTER, BEFORE, BETWEEN, OUTSIDE, Death
from tests.chaos.progress import DEADLINE, settled
from tests.chaos.table import Fault, Outcome, Wish
from tests.servers.hostile_site import HostileSite
from workers.activities import activities_by_queue
from workers.parts import Parts
from workers.policies import load_policies
from workflows.queues import CRAWL_QUEUE, POST_QUEUE, TAGS_QUEUE, VISION_QUEUE

#: Whose death is noticed last comes first, so that all is noticed while others die.
_ORDER: Final = (VISION_QUEUE, TAGS_QUEUE, CRAWL_QUEUE, POST_QUEUE)
#: Deaths between the effect of a store or a provider and what we remember of it.
_BETWEEN: Final = (
    ("vision.look", "analyze_media"), ("objects.put", "analyze_media"), ("tagger.tags_for", "tag_post"),
    ("objects.put", "fetch_page"), ("vectors.put_one", "index_vectors"), ("graph.replace_post", "link_graph"),
    ("objects.put", "assemble_album"), ("graph.put_album", "assemble_album"), ("events.append_all", "announce"),
    ("events.append_all", "announce_indexed"), ("events.append_all", "announce_assembled"),
    ("events.append_all", "announce_deleted"), ("vectors.delete", "remove_vector"),
    ("graph.delete_post", "remove_node"), ("objects.delete", "erase_post"), ("graph.delete_album", "dissolve_album"),
    ("graph.put_channel_photo", "record_channel_photo"),
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
    """Has every attribute and takes every call: enough to ask which activities there are."""

    def __getattr__(self, name: str) -> Any:
        return self

    def __call__(self, *_: Any) -> Any:
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


#: What brings an activity about that a post with everything and an album do not.
_NEEDS: Final = {
    "skip_page": BROKEN_LINK, "announce_skipped": SILENT, "mark_failed": POISON, "record_park": POISON,
    "settle_park": POISON, "find_channel_photo": CHANNEL_PHOTO, "record_channel_photo": CHANNEL_PHOTO,
    "entomb_post": VICTIMS, "remove_vector": VICTIMS, "remove_node": VICTIMS, "erase_post": VICTIMS,
    "announce_deleted": VICTIMS, "dissolve_album": VICTIMS, "estimate_campaign": CAMPAIGN,
    "advance_campaign": CAMPAIGN, "find_tenant": RECONCILE_ALL, "measure_archive": RECONCILE,
    "compare_index": RECONCILE, "compare_strays": RECONCILE, "await_repairs": RECONCILE,
    "compare_albums": RECONCILE, "compare_channel_photos": RECONCILE, "compare_media": RECONCILE,
    "compare_vision": RECONCILE, "compare_pages": RECONCILE, "settle_pages": RECONCILE, "compare_events": RECONCILE,
}  # fmt: skip


def a_batch(wish: Wish, number: int, site: HostileSite, need: str = "") -> Batch:
    """Return posts that come by every death: one with everything and an album, and what one death needs."""
    batch = Batch(wish.folder / "exports" / str(number), chat=1000 + number)
    batch.add_whole(site)
    batch.add_album()
    adding = {
        BROKEN_LINK: lambda: batch.add_broken_link(site), SILENT: batch.add_silent, POISON: batch.add_poison,
        CHANNEL_PHOTO: batch.add_channel_photo, RECONCILE: batch.add_channel_photo, VICTIMS: batch.add_victims,
    }  # fmt: skip
    if need in adding:
        adding[need]()
    return batch


async def at_every_boundary(wish: Wish) -> Outcome:
    """Kill one process after the other, each at the next boundary; nobody waits for the one before."""
    return await die(wish, list(every_death()))


async def die(wish: Wish, deaths: list[Death]) -> Outcome:
    """Let the service die these deaths, one after the other, each with posts of its own on their way."""
    outcome = Outcome(runs=len(deaths))
    async with HostileSite({}) as site, a_house(wish.folder, site.address) as house:
        lives: list[Life] = []
        everything: dict[UUID, Expected] = {}
        for number, death in enumerate(deaths):
            wish.say(f"{number + 1} of {len(deaths)}: {death}")
            need = _NEEDS.get(death.during or death.where, "")
            batch = a_batch(wish, number, site, need)
            tenant = await house.tenant(f"town {number}" if need in OF_A_TENANT else "town")
            expected = everything.setdefault(tenant, Expected(tenant, deaths=len(deaths)))
            expected.expect(batch)
            if need in OF_A_TENANT:
                expected.again |= set(expected.ends)
            lives.append(Life(house, tenant, batch, need))
            if not await _dies(lives[-1], death):
                outcome.found.stuck.append(f"never came to: {death}")
        wish.say("everything on its way to its end")
        wish.waits.set()
        await house.start()
        await asyncio.gather(*(give_up(life) for life in lives))
        outcome.recovered = await _all_settled(house, everything)
        for expected in everything.values():
            outcome.found.add(await audited(house, expected))
    return outcome


async def _all_settled(house: House, everything: dict[UUID, Expected]) -> float:
    """Return the seconds until everything was at its end; what never comes there is found by the audit."""
    began = time.monotonic()
    for expected in everything.values():
        with suppress(NothingHappenedError):
            await settled(house, expected, max(DEADLINE - (time.monotonic() - began), 1))
    return time.monotonic() - began


async def _dies(life: Life, death: Death) -> bool:
    house = life.house
    of = str(life.tenant) if life.need in OF_A_TENANT else f":{life.batch.channel}:"
    of = "reconcile:all" if life.need == RECONCILE_ALL else of
    house.orders.die(death if death in _PARTS else death.model_copy(update={"of": of}))
    await house.bring(life.batch.written(), life.tenant)
    house.launch()
    nudging = asyncio.create_task(nudge(life))
    died = await house.died(_COMES)
    nudging.cancel()
    await asyncio.gather(nudging, return_exceptions=True)
    if not died:
        house.orders.survive()
        await house.kill()
    return died and house.orders.has_died()


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
        wish.waits.set()
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
        wish.waits.set()
        outcome.found, outcome.recovered = await whole(house, expected)
    return outcome


async def _some_ended(house: House, count: int = 3) -> bool:
    return bool(await house.pool.fetchval("SELECT count(*) >= $1 FROM posts WHERE is_processed", count))


FAULTS: Final = (
    Fault("F01", "kill -9 at every boundary of every activity", at_every_boundary),
    Fault("F02", "everything dead for ten seconds, with a backlog", dead_for_a_while),
    Fault("F03", "service and servers killed, started under the same names", under_the_same_name),
)
