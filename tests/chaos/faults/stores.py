"""F09: one of the two indexes does not answer; the other one is not written twice for it."""

import asyncio
from collections import Counter
from typing import Final

from tests.chaos.audit import whole
from tests.chaos.batch import Batch
from tests.chaos.expected import Expected
from tests.chaos.house import House, a_house, until
from tests.chaos.table import Fault, Outcome, Wish

#: Which stage of a post, and which call, belongs to each store.
_STORES: Final = {"vectors": ("vectors", "vectors.put_one"), "graph": ("graph", "graph.replace_post")}
_AWAY: Final = 5.0
_RECORDED: Final = "SELECT count(*) FROM post_stages WHERE stage = $1"


async def one_index_away(wish: Wish) -> Outcome:
    """Take each index away for a while, and count how often the other one is written."""
    outcome = Outcome(runs=2)
    for away, healthy in (("vectors", "graph"), ("graph", "vectors")):
        wish.say(f"{away} away")
        await _without(wish, outcome, away, healthy)
    return outcome


async def _without(wish: Wish, outcome: Outcome, away: str, healthy: str) -> None:
    folder = wish.folder / away
    async with a_house(folder) as house:
        expected = Expected(await house.tenant("town"))
        batch = Batch(folder / "export", chat=4000)
        for _ in range(wish.posts // 2):
            batch.add_text()
        expected.expect(batch)
        house.orders.take_away(away)
        await house.start()
        await house.bring(batch.written())
        await until(f"{healthy} has them all", lambda: _recorded(house, healthy, len(batch.posts)))
        await asyncio.sleep(_AWAY)
        house.orders.give_back(away)
        found, took = await whole(house, expected)
        found.doubled += _written_again(house)
    outcome.found.add(found)
    outcome.recovered = max(outcome.recovered, took)


async def _recorded(house: House, store: str, count: int) -> bool:
    return int(await house.pool.fetchval(_RECORDED, _STORES[store][0])) >= count


def _written_again(house: House) -> list[str]:
    written = {call: Counter(house.orders.notes(call)) for _, call in _STORES.values()}
    return [
        f"{call} was called {count} times for {id}"
        for call, ids in written.items()
        for id, count in ids.items()
        if count > 1
    ]


FAULTS: Final = (Fault("F09", "one index away, then the other", one_index_away),)
