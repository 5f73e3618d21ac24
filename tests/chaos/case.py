"""A case: something is done to a running service, and everything must be as it should afterwards."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from contracts.streams import ALBUMS_PARSED, POSTS_PARSED
from tests.chaos.audit import whole
from tests.chaos.batch import Batch
from tests.chaos.expected import Expected, Found
from tests.chaos.house import House, NothingHappenedError, a_house
from tests.chaos.progress import settled
from tests.chaos.table import Outcome, Wish

#: Seconds that a case without deaths may take until everything is at its end.
PATIENCE: Final = 90.0

OUTBOX: Final = """
SELECT stream_key AS what, count(*) AS count FROM outbox_events
WHERE tenant_id = $1 AND stream_key <> ALL ($2) GROUP BY 1
"""
RUNS: Final = """
SELECT 'stage ' || s.stage AS what, sum(s.runs) AS count FROM post_stages s JOIN posts p ON p.id = s.post_id
WHERE p.tenant_id = $1 AND s.stage <> 'persist' GROUP BY 1
"""
#: What is counted by call: paid for, or seen from outside.
_BOOKS: Final = ("vision.look", "tagger.tags_for", "vectors.put_one", "graph.replace_post")


@dataclass
class Case:
    """A running service, a tenant of this case alone, and what is expected and found of it."""

    house: House
    wish: Wish
    expected: Expected
    found: Found = field(default_factory=Found)
    notes: list[str] = field(default_factory=list)

    @property
    def tenant(self) -> UUID:
        """Whose case it is."""
        return self.expected.tenant

    @property
    def folder(self) -> Path:
        """Where it may put files."""
        return self.house.folder / "cases" / str(self.tenant)

    def batch(self, chat: int, name: str = "export") -> Batch:
        """Return an export to fill."""
        return Batch(self.folder / name, chat)

    async def bring(self, batch: Batch) -> None:
        """Import a batch, and expect it."""
        self.expected.expect(batch)
        await self.house.bring(batch.written(), self.tenant)

    async def settle(self) -> None:
        """Wait until everything that is expected is at its end."""
        await settled(self.house, self.expected, PATIENCE)

    async def effects(self) -> Counter[str]:
        """Count everything that a repetition must not add to."""
        rows = await self.house.pool.fetch(OUTBOX, self.tenant, [POSTS_PARSED, ALBUMS_PARSED])
        rows += await self.house.pool.fetch(RUNS, self.tenant)
        counted = Counter({row["what"]: int(row["count"]) for row in rows})
        return counted + Counter({book: len(self.house.orders.notes(book)) for book in _BOOKS})

    async def added_since(self, before: Counter[str]) -> list[str]:
        """Return what has been added to the effects."""
        now = await self.effects()
        return [f"{now[what] - before[what]} more of {what}" for what in now if now[what] > before[what]]


Scenario = Callable[[Case], Awaitable[None]]


async def played(scenario: Scenario, house: House, wish: Wish) -> Outcome:
    """Play a scenario for a tenant of its own in a house, and audit what it left. The service ends with it."""
    name = scenario.__name__
    case = Case(house, wish, Expected(await house.tenant(name)))
    await house.start()
    try:
        await scenario(case)
    except NothingHappenedError as error:
        case.found.stuck.append(str(error))
    found, took = await whole(house, case.expected, PATIENCE)
    case.found.add(found)
    return Outcome(case.found, recovered=took, notes=case.notes)


def in_a_house(scenario: Scenario, **settings: Any) -> Callable[[Wish], Awaitable[Outcome]]:
    """Return what plays a scenario in a house of its own."""

    async def run(wish: Wish) -> Outcome:
        async with a_house(wish.folder, **settings) as house:
            return await played(scenario, house, wish)

    return run
