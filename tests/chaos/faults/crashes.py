"""F01 to F03: processes that are killed at every boundary there is, for a while, and under the same name."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from contracts.identity import channel_id
from contracts.post import Decision
from contracts.streams import POSTS_DELETED
from tests.acceptance.producer import CHANNEL as PRODUCERS_CHANNEL
from tests.acceptance.producer import entry
from tests.chaos.audit import whole
from tests.chaos.batch import FAILED, Batch
from tests.chaos.expected import Expected
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
    ("events.append_all", "announce_deleted"), ("vectors.delete", "remove_vector"),
    ("graph.delete_post", "remove_node"), ("objects.delete", "erase_post"), ("graph.delete_album", "dissolve_album"),
    ("graph.put_channel_photo", "record_channel_photo"),
)  # fmt: skip
#: Those of the parts that are no activity: appended and not marked as sent, started and not acknowledged.
_PARTS: Final = (
    Death(where="events.append_all", moment=BETWEEN, during=OUTSIDE),
    Death(where="redis.xack", moment=BEFORE, during=OUTSIDE),
)
_FAILED: Final = """
SELECT true FROM posts p JOIN channels c ON c.id = p.channel_id
WHERE c.tg_channel_id = $1 AND p.enrichment_status = 'failed'
"""
_THERE: Final = """
SELECT count(*) FROM posts p JOIN channels c ON c.id = p.channel_id
WHERE p.tenant_id = $1 AND c.tg_channel_id = $2 AND p.telegram_message_id = ANY ($3) AND p.is_processed
"""
#: Seconds within which a death that was ordered must come.
_COMES: Final = 60.0
#: Seconds that nobody is there.
_AWAY: Final = 10.0


class _Anything:
    """Has every attribute: enough to ask which activities there are."""

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
    "skip_page": "broken link", "announce_skipped": "silent", "mark_failed": "poison", "record_park": "poison",
    "settle_park": "poison", "find_channel_photo": "channel photo", "record_channel_photo": "channel photo",
    "entomb_post": "victims", "remove_vector": "victims", "remove_node": "victims", "erase_post": "victims",
    "announce_deleted": "victims", "dissolve_album": "victims",
}  # fmt: skip


def a_batch(wish: Wish, number: int, site: HostileSite, needed: str | None = None) -> Batch:
    """Return posts that come by every death: one with everything and an album, and what one death needs."""
    batch = Batch(wish.folder / "exports" / str(number), chat=1000 + number)
    batch.add_whole(site)
    batch.add_album()
    match needed:
        case "broken link":
            batch.add_broken_link(site)
        case "silent":
            batch.add_silent()
        case "poison":
            batch.add_poison()
        case "channel photo":
            batch.add_channel_photo()
        case "victims":
            batch.add_victims()
    return batch


async def at_every_boundary(wish: Wish) -> Outcome:
    """Kill one process after the other, each at the next boundary; nobody waits for the one before."""
    return await die(wish, list(every_death()))


async def die(wish: Wish, deaths: list[Death]) -> Outcome:
    """Let the service die these deaths, one after the other, each with posts of its own on their way."""
    outcome = Outcome(runs=len(deaths))
    async with HostileSite({}) as site, a_house(wish.folder, site.address) as house:
        expected = Expected(await house.tenant("town"), deaths=len(deaths))
        batches = []
        for number, death in enumerate(deaths):
            wish.say(f"{number + 1} of {len(deaths)}: {death}")
            batch = a_batch(wish, number, site, _NEEDS.get(death.during or death.where))
            expected.expect(batch)
            batches.append(batch)
            if not await _dies(house, batch, death):
                outcome.found.stuck.append(f"never came to: {death}")
        wish.say("everything on its way to its end")
        wish.waits.set()
        await house.start()
        await asyncio.gather(*(_give_up(house, batch) for batch in batches))
        found, outcome.recovered = await whole(house, expected)
    outcome.found.add(found)
    return outcome


async def _dies(house: House, batch: Batch, death: Death) -> bool:
    house.orders.die(death if death in _PARTS else death.model_copy(update={"channel": batch.channel}))
    await house.bring(batch.written())
    house.launch()
    nudges = [asyncio.create_task(_give_up(house, batch)), asyncio.create_task(_delete(house, batch))]
    died = await house.died(_COMES)
    for nudge in nudges:
        nudge.cancel()
    await asyncio.gather(*nudges, return_exceptions=True)
    if not died:
        house.orders.survive()
        await house.kill()
    return died and house.orders.has_died()


async def _delete(house: House, batch: Batch) -> None:
    """Wait until the batch's victims are there, and have them deleted."""
    tenant = await house.tenant("town")
    wishes = [deletion(tenant, batch.channel, message) for message in batch.victims]

    async def are_there() -> bool:
        there = await house.pool.fetchval(_THERE, tenant, batch.channel, batch.victims)
        return bool(there == len(wishes))

    if wishes:
        await until("the victims to be there", are_there)
        await house.write(*wishes, stream=POSTS_DELETED)


def deletion(tenant: UUID, channel: int, message: int) -> dict[str, str]:
    """Return the wish that a post be gone, as a producer writes it."""
    return {
        "tenant_id": str(tenant), "channel_id": str(channel_id(tenant, channel)), "tg_channel_id": str(channel),
        "telegram_message_id": str(message), "is_deleted": "True", "deleted_at": "2026-04-01T12:00:00+00:00",
    }  # fmt: skip


async def _give_up(house: House, batch: Batch) -> None:
    """Wait until a post of the batch is parked, and give it up."""
    if FAILED not in batch.posts.values():
        return
    which = f"TgState='{NEEDS_HUMAN}' AND TgChannel='{batch.channel}' AND ExecutionStatus='Running'"

    async def is_given_up() -> bool:
        if await house.pool.fetchval(_FAILED, batch.channel):
            return True
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
