"""The switch to another embedder, decided by what the archive says: real Qdrant in a folder, real PostgreSQL."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import asyncpg
import pytest

from adapters.postgres.deleting import Tombstones
from adapters.postgres.parks import Parks
from adapters.postgres.posts import PostArchive
from adapters.postgres.stages import StageStore
from adapters.postgres.vectors import VectorRecords
from adapters.qdrant import VectorIndex
from contracts.dead_letters import parked as letter_of
from contracts.embedding import EmbedderIdentity
from contracts.index import VectorPoint
from contracts.parking import Parked, Settled
from contracts.post import Decision, Deletion, PostRef, Problem
from contracts.stages import Stage
from tests.adapters.saved import a_known_ref, save
from tests.adapters.test_postgres_parks import a_park
from tests.build import MOMENT, STANDARDS, a_commit, a_record, a_ref, an_embedder
from workers.filling import Fill, fill_of, fills, switch_if_full

pytestmark = pytest.mark.services

SMALL, BIG, HUGE = an_embedder(4), an_embedder(8), an_embedder(16)


class Desk:
    """An archive and an index, with posts that are indexed by hand."""

    def __init__(self, pool: asyncpg.Pool, folder: Path) -> None:
        self.archive, self.stages, self.records = (
            PostArchive(pool, "c1"),
            StageStore(pool),
            VectorRecords(pool),
        )
        self._folder = folder

    @asynccontextmanager
    async def opened(self, wanted: EmbedderIdentity) -> AsyncIterator[VectorIndex]:
        """The index for whoever is wanted; each time is a restart."""
        index = VectorIndex.at_path(self._folder, wanted)
        try:
            yield index
        finally:
            await index.close()

    async def indexed(self, index: VectorIndex, *refs: PostRef, by: EmbedderIdentity) -> None:
        """Index posts as stages do: the points, the record, the end."""
        for ref in refs:
            await save(self.archive, ref)
            await put(index, ref, by=by)
            result = {"provider": by.provider, "model": by.model, "version": by.version, "dim": by.size}
            record = a_record(Stage.VECTORS, f"by {by.slug}")
            await self.stages.commit(a_commit(ref, Stage.VECTORS, record=record, result=result))
            await self.stages.conclude(ref, [], "indexed")

    async def fingerprint(self, ref: PostRef) -> str:
        """What the record of a post's vectors is remembered under."""
        return (await self.archive.state(ref, STANDARDS)).records[Stage.VECTORS].fingerprint.strip()


async def put(index: VectorIndex, ref: PostRef, by: EmbedderIdentity) -> None:
    point = VectorPoint(post_id=ref.post_id, vector=(1.0,) * by.size, payload={}, embedder=by)
    await index.put(ref.tenant_id, [point])


@pytest.fixture
def desk(pool: asyncpg.Pool, tmp_path: Path) -> Desk:
    return Desk(pool, tmp_path / "vectors")


@pytest.fixture
async def refs(pool: asyncpg.Pool) -> tuple[PostRef, PostRef]:
    """Two posts of a tenant of their own."""
    first = await a_known_ref(pool)
    return first, a_ref(8, tenant=first.tenant_id)


async def test_search_changes_over_when_no_indexed_post_is_missing(
    desk: Desk, refs: tuple[PostRef, PostRef]
) -> None:
    tenant = refs[0].tenant_id
    async with desk.opened(SMALL) as index:
        await desk.indexed(index, *refs, by=SMALL)
        assert await switch_if_full(tenant, index, desk.records) is None
    async with desk.opened(BIG) as index:
        await desk.indexed(index, refs[0], by=BIG)

        half = await switch_if_full(tenant, index, desk.records)
        told = await fills(index, desk.records)
        await desk.indexed(index, refs[1], by=BIG)
        whole = await switch_if_full(tenant, index, desk.records)

        assert half == Fill(tenant_id=tenant, wanted=BIG, searched=SMALL, posts=2, filled=1)
        assert (told, half.missing) == ([half], 1)
        assert (whole, await fills(index, desk.records)) == (None, [])
        assert await index.searched_by(tenant) == BIG
        assert [c.embedder for c in (await index.layout(tenant)).there] == [BIG]


async def test_as_many_points_as_posts_are_not_yet_the_same_posts(
    desk: Desk, refs: tuple[PostRef, PostRef]
) -> None:
    async with desk.opened(SMALL) as index:
        await desk.indexed(index, *refs, by=SMALL)
    async with desk.opened(BIG) as index:
        await desk.indexed(index, refs[0], by=BIG)
        await put(index, a_ref(9, tenant=refs[0].tenant_id), by=BIG)

        await switch_if_full(refs[0].tenant_id, index, desk.records)

        assert await index.searched_by(refs[0].tenant_id) == SMALL


async def test_posts_that_are_not_indexed_are_not_waited_for(
    desk: Desk, refs: tuple[PostRef, PostRef]
) -> None:
    async with desk.opened(SMALL) as index:
        await desk.indexed(index, *refs, by=SMALL)
    await desk.stages.conclude(refs[1], [], "skipped")
    async with desk.opened(BIG) as index:
        await desk.indexed(index, refs[0], by=BIG)

        await switch_if_full(refs[0].tenant_id, index, desk.records)

        assert await index.searched_by(refs[0].tenant_id) == BIG


async def test_posts_that_are_being_deleted_are_not_waited_for(
    desk: Desk, refs: tuple[PostRef, PostRef], pool: asyncpg.Pool
) -> None:
    async with desk.opened(SMALL) as index:
        await desk.indexed(index, *refs, by=SMALL)
    await Tombstones(pool).entomb(refs[1], Deletion(), MOMENT)
    async with desk.opened(BIG) as index:
        await desk.indexed(index, refs[0], by=BIG)

        await switch_if_full(refs[0].tenant_id, index, desk.records)

        assert await index.searched_by(refs[0].tenant_id) == BIG


def a_vectors_park(ref: PostRef, goes_on_at: datetime | None = None) -> Parked:
    problem = Problem(stage=Stage.VECTORS, error="E", message="refused, or spent", goes_on_at=goes_on_at)
    return a_park(ref, problems=(Problem(stage=Stage.VISION, error="E", message="too"), problem))


@pytest.mark.parametrize(
    "decision", [None, Decision(action="skip", stage="vectors"), Decision(action="skip")]
)
async def test_a_post_that_cannot_be_embedded_or_was_left_out_is_not_waited_for(
    desk: Desk, refs: tuple[PostRef, PostRef], pool: asyncpg.Pool, decision: Decision | None
) -> None:
    async with desk.opened(SMALL) as index:
        await desk.indexed(index, *refs, by=SMALL)
    park, parks = a_vectors_park(refs[1]), Parks(pool)
    await parks.keep(park, letter_of(park))
    if decision:
        await parks.end(Settled(parked=park, decision=decision))
    async with desk.opened(BIG) as index:
        await desk.indexed(index, refs[0], by=BIG)

        await switch_if_full(refs[0].tenant_id, index, desk.records)

        assert await index.searched_by(refs[0].tenant_id) == BIG


async def test_a_post_whose_vectors_wait_for_a_budget_is_waited_for(
    desk: Desk, refs: tuple[PostRef, PostRef], pool: asyncpg.Pool
) -> None:
    async with desk.opened(SMALL) as index:
        await desk.indexed(index, *refs, by=SMALL)
    park = a_vectors_park(refs[1], goes_on_at=MOMENT)
    await Parks(pool).keep(park, letter_of(park))
    async with desk.opened(BIG) as index:
        await desk.indexed(index, refs[0], by=BIG)

        await switch_if_full(refs[0].tenant_id, index, desk.records)

        assert await index.searched_by(refs[0].tenant_id) == SMALL


@pytest.mark.parametrize("decision", [Decision(action="retry"), Decision(action="skip", stage="vision")])
async def test_a_post_that_is_tried_again_is_waited_for(
    desk: Desk, refs: tuple[PostRef, PostRef], pool: asyncpg.Pool, decision: Decision
) -> None:
    async with desk.opened(SMALL) as index:
        await desk.indexed(index, *refs, by=SMALL)
    park, parks = a_vectors_park(refs[1]), Parks(pool)
    await parks.keep(park, letter_of(park))
    await parks.end(Settled(parked=park, decision=decision))
    async with desk.opened(BIG) as index:
        await desk.indexed(index, refs[0], by=BIG)

        await switch_if_full(refs[0].tenant_id, index, desk.records)

        assert await index.searched_by(refs[0].tenant_id) == SMALL


async def test_a_post_that_was_left_out_counts_again_when_it_is_embedded(
    desk: Desk, refs: tuple[PostRef, PostRef], pool: asyncpg.Pool
) -> None:
    park, parks = a_vectors_park(refs[1]), Parks(pool)
    await parks.keep(park, letter_of(park))
    await parks.end(Settled(parked=park, decision=Decision(action="skip")))

    async with desk.opened(SMALL) as index:
        await desk.indexed(index, *refs, by=SMALL)

    assert await desk.records.indexed(refs[0].tenant_id) == {ref.post_id for ref in refs}


async def test_an_archive_that_knows_no_post_takes_nothing_away(
    desk: Desk, refs: tuple[PostRef, PostRef]
) -> None:
    async with desk.opened(SMALL) as index:
        await put(index, refs[0], by=SMALL)
    async with desk.opened(BIG) as index:
        fill = await switch_if_full(refs[0].tenant_id, index, desk.records)
        assert (fill is not None, await index.searched_by(refs[0].tenant_id)) == (True, SMALL)

        await index.delete(refs[0].tenant_id, [refs[0].post_id])

        assert await switch_if_full(refs[0].tenant_id, index, desk.records) is None
        assert await index.searched_by(refs[0].tenant_id) == BIG


async def test_a_crash_between_switch_and_deletion_is_mended_by_the_next_call(
    desk: Desk, refs: tuple[PostRef, PostRef]
) -> None:
    tenant = refs[0].tenant_id
    async with desk.opened(SMALL) as index:
        await desk.indexed(index, *refs, by=SMALL)
    async with desk.opened(BIG) as index:
        await desk.indexed(index, *refs, by=BIG)
        await index.switch(tenant)
    async with desk.opened(BIG) as index:
        assert (await fill_of(tenant, index, desk.records), await index.unsettled()) == (None, (tenant,))

        await switch_if_full(tenant, index, desk.records)

        assert [c.embedder for c in (await index.layout(tenant)).there] == [BIG]
        assert await index.ids(tenant) == {ref.post_id for ref in refs}


async def test_no_record_speaks_of_points_that_went_with_a_fill_that_was_given_up(
    desk: Desk, refs: tuple[PostRef, PostRef]
) -> None:
    tenant = refs[0].tenant_id
    async with desk.opened(SMALL) as index:
        await desk.indexed(index, *refs, by=SMALL)
    async with desk.opened(BIG) as index:
        await desk.indexed(index, refs[0], by=BIG)
    async with desk.opened(SMALL) as index:
        await switch_if_full(tenant, index, desk.records)

    assert [await desk.fingerprint(ref) for ref in refs] == ["", f"by {SMALL.slug}"]


async def test_records_of_before_versions_were_told_are_the_first_embedders(
    desk: Desk, refs: tuple[PostRef, PostRef]
) -> None:
    for ref in refs:
        await save(desk.archive, ref)
    result = {"provider": "local", "model": "hashing-4", "dim": 4}
    await desk.stages.commit(a_commit(refs[0], Stage.VECTORS, result=result))
    await desk.stages.commit(a_commit(refs[1], Stage.VECTORS, result={**result, "version": "2"}))

    await desk.records.forget(refs[0].tenant_id, SMALL)

    assert [await desk.fingerprint(ref) for ref in refs] == ["", "f"]


async def test_tenants_are_switched_each_by_itself(desk: Desk, pool: asyncpg.Pool) -> None:
    one, other = await a_known_ref(pool), await a_known_ref(pool)
    async with desk.opened(SMALL) as index:
        await desk.indexed(index, one, other, by=SMALL)
    async with desk.opened(BIG) as index:
        await desk.indexed(index, one, by=BIG)

        for tenant in await index.unsettled():
            await switch_if_full(tenant, index, desk.records)

        assert [await index.searched_by(ref.tenant_id) for ref in (one, other)] == [BIG, SMALL]
        assert [fill.tenant_id for fill in await fills(index, desk.records)] == [other.tenant_id]
