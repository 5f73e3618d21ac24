"""Comparisons of large stores: alive while they read, and never asking too much at once."""

import asyncio
from uuid import UUID

from temporalio.testing import ActivityEnvironment

from activities.reconciling import ReconcileActivities
from activities.reconciling_objects import AT_ONCE, ReconcileObjectActivities
from contracts.reconciling import Check, ComparePart
from tests.build import a_file, a_ref, an_embedder
from tests.fake_world import World
from tests.fakes import FakeObjects, FakeVectors


class CountingObjects(FakeObjects):
    """Counts the questions that are on their way at the same time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0

    async def exists(self, key: str) -> bool:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        return await super().exists(key)


async def test_the_object_store_is_asked_for_a_few_things_at_once(
    env: ActivityEnvironment, world: World
) -> None:
    ref, objects = a_ref(), CountingObjects()
    world.attach(ref, *(a_file(str(number)) for number in range(100)))
    comparing = ReconcileObjectActivities(world.object_comparison, objects, world.comparison, world.signals)

    compared = await env.run(
        comparing.compare_media, ComparePart(tenant_id=ref.tenant_id, check=Check.MEDIA, apply=False)
    )

    assert (compared.looked, objects.most) == (100, AT_ONCE)


class SlowVectors(FakeVectors):
    """Says what it holds once somebody has shown to be alive."""

    def __init__(self, beat: asyncio.Event) -> None:
        super().__init__(an_embedder())
        self._beat = beat

    async def ids(self, tenant_id: UUID) -> set[UUID]:
        async with asyncio.timeout(1):
            await self._beat.wait()
        return set()


async def test_reading_everything_that_a_store_holds_shows_that_it_is_alive(
    env: ActivityEnvironment, world: World
) -> None:
    beat = asyncio.Event()
    env.on_heartbeat = lambda *_: beat.set()
    comparing = ReconcileActivities(world.comparison, SlowVectors(beat), world.graph, world.signals)

    compared = await env.run(
        comparing.compare_strays, ComparePart(tenant_id=a_ref().tenant_id, check=Check.STRAYS)
    )

    assert compared.differences == ()
