"""The whole service: entries on a stream become posts that search finds, once, and damage does no damage."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from adapters.embedded_graph.graph import EmbeddedGraph
from adapters.postgres.door import Directory
from adapters.postgres.reporting import Reports
from cli.service import Service, running_service
from contracts.encoding import decode
from contracts.streams import POSTS_INDEXED, POSTS_PARSED, STREAMS, dead_letters
from ingest.importer import import_export
from ingest.options import ImportOptions
from runtime.settings import Settings, TemporalSettings
from starter.starter import GROUP
from tests.acceptance.producer import DAMAGE, entry
from tests.build import a_tenant
from tests.ingest.exports import MARKED, a_channel_photo, an_export

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]

POSTS = 20
#: A run of the whole path over all of them takes a few seconds; a busy machine takes more.
DEADLINE = 90.0


@dataclass(frozen=True)
class Office:
    """A running service with one tenant."""

    service: Service
    tenant: UUID

    async def write(self, *entries: dict[str, str]) -> None:
        for fields in entries:
            mapped: Any = fields
            await self.service.stores.redis.xadd(POSTS_PARSED, mapped)

    async def settled(self) -> None:
        """Wait until everything was read and every workflow has ended."""

        async def is_settled() -> bool:
            (group,) = await self.service.stores.redis.xinfo_groups(POSTS_PARSED)
            (last,) = await self.service.stores.redis.xrevrange(POSTS_PARSED, count=1)
            if group["pending"] or group["last-delivered-id"] != last[0]:
                return False
            running = await self.service.client.count_workflows("ExecutionStatus='Running'")
            return running.count == 0

        await until(is_settled)

    async def is_concluded(self, count: int) -> bool:
        statuses = await self.statuses()
        return len(statuses) == count and set(statuses) <= {"indexed", "skipped"}

    async def statuses(self) -> list[str]:
        rows = await self.service.stores.pool.fetch(
            "SELECT enrichment_status FROM posts WHERE tenant_id = $1", self.tenant
        )
        return [row["enrichment_status"] for row in rows]

    async def measured(self) -> dict[str, int]:
        """How much there is of everything that a repetition must not add to."""
        stores = self.service.stores
        lengths = {
            stream: int(await stores.redis.xlen(stream)) for stream in STREAMS if stream != POSTS_PARSED
        }
        assert isinstance(stores.graph, EmbeddedGraph)
        edges = await stores.graph._store.transaction(lambda run: run("MATCH ()-[r]->() RETURN count(r)"))
        nodes = await stores.graph._store.transaction(lambda run: run("MATCH (n) RETURN count(n)"))
        runs = await stores.pool.fetchval("SELECT sum(runs) FROM post_stages")
        points = await stores.vectors.count(self.tenant)
        return {**lengths, "points": points, "edges": edges[0][0], "nodes": nodes[0][0], "runs": int(runs)}


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not await condition():
            await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
async def office(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    """The service over a tenant whose posts were written and have all ended."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("office"), temporal=TemporalSettings(ui=False))
    async with running_service(settings, print) as service:
        tenant = a_tenant()
        await Directory(service.stores.pool).add_tenant(tenant, "office")
        office = Office(service, tenant)
        await office.write(*(entry(tenant, number) for number in range(1, POSTS + 1)))
        await until(lambda: has_group(service))
        await until(lambda: office.is_concluded(POSTS))
        await office.settled()
        yield office


async def has_group(service: Service) -> bool:
    return GROUP in [group["name"] for group in await service.stores.redis.xinfo_groups(POSTS_PARSED)]


async def test_every_entry_is_indexed_and_announced(office: Office) -> None:
    indexed = await office.service.stores.redis.xrange(POSTS_INDEXED)

    assert await office.statuses() == ["indexed"] * POSTS
    assert len({decode(fields)["post_id"] for _, fields in indexed}) == len(indexed) == POSTS
    assert await office.service.stores.vectors.count(office.tenant) == POSTS


async def test_no_part_of_the_service_ended(office: Office) -> None:
    assert not office.service.failure.done()
    assert [name for name, task in office.service.tasks.items() if task.done()] == []


async def test_a_link_to_this_machine_was_not_read(office: Office) -> None:
    rows = await office.service.stores.pool.fetch(
        "SELECT skipped FROM pages WHERE tenant_id = $1", office.tenant
    )

    assert {row["skipped"] for row in rows} == {"private_address"}


async def test_the_same_entries_again_add_nothing(office: Office) -> None:
    before = await office.measured()

    await office.write(*(entry(office.tenant, number) for number in range(1, POSTS + 1)))
    await office.settled()

    assert await office.measured() == before


async def test_damaged_entries_are_dead_letters_and_the_rest_is_untouched(office: Office) -> None:
    before = await office.measured()
    damaged = [damage(entry(office.tenant, 100 + n)) for n, (damage, _) in enumerate(DAMAGE.values())]

    await office.write(*damaged, entry(office.tenant, 1))
    await office.settled()

    codes = sorted(code for _, code in DAMAGE.values())
    letters = await office.service.stores.redis.xrange(dead_letters(POSTS_PARSED))
    assert sorted(fields["error_code"] for _, fields in letters) == codes
    assert await office.measured() == before


async def test_an_edit_changes_that_post_alone(office: Office) -> None:
    before = await office.measured()
    edit = {
        **entry(office.tenant, 3),
        "text": "Исправление: планетарий откроется не в субботу, а в воскресенье, и вход в этот день будет "
        "свободным для всех жителей города.",
        "is_edited": "True",
    }

    await office.write(edit)
    await office.settled()

    after = await office.measured()
    assert after["points"] == before["points"] == POSTS
    assert after[POSTS_INDEXED] == before[POSTS_INDEXED] + 1


async def test_a_channels_own_picture_is_looked_at_and_adds_no_post_and_no_event(
    office: Office, tmp_path: Path
) -> None:
    before = await office.measured()
    stores = office.service.stores
    picture = Path(__file__).parents[2] / "examples" / "city_channel" / "photos" / "photo_3.jpg"
    folder = an_export(tmp_path / "e", a_channel_photo(2, "own.jpg"))
    (folder / "own.jpg").write_bytes(picture.read_bytes())

    options = ImportOptions(path=folder, tenant_id=office.tenant)
    await import_export(options, stores.pool, stores.objects, lambda _: None)
    await until(lambda: has_recorded(office))

    after = await office.measured()
    graph = await stores.graph.counts(office.tenant)
    assert (graph["HAS_IMAGE"], graph["Image"]) == (1, 1)
    assert without_graph(after) == without_graph(before)

    report = await Reports(stores.pool).channel(office.tenant, MARKED)
    progress = await Reports(stores.pool).progress(office.tenant, MARKED)
    assert (report["pictures_analysed"], report["looks"], report["channel_pictures"]) == (1, 1, 1)
    assert (progress["channel_pictures"], progress["recorded"], progress["not_handed_over"]) == (1, 1, 0)
    assert report["total"] == 0


async def has_recorded(office: Office) -> bool:
    recorded = "SELECT recorded_at IS NOT NULL FROM channel_photos WHERE tenant_id = $1"
    return bool(await office.service.stores.pool.fetchval(recorded, office.tenant))


def without_graph(measured: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in measured.items() if name not in {"edges", "nodes"}}
