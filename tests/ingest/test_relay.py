import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import asyncpg
import pytest

from adapters.folder import FolderStore
from adapters.postgres.pool import open_pool
from contracts import identity
from contracts.errors import UnavailableError
from contracts.outgoing import Outgoing
from ingest.importer import import_export
from ingest.options import ImportOptions
from ingest.relay import Relay
from tests.ingest.exports import a_message, an_export

pytestmark = pytest.mark.services


class EventList:
    """Keeps what is appended, each key once; ``fails`` says how often it does not answer first."""

    def __init__(self, fails: int = 0) -> None:
        self.events: dict[str, Outgoing] = {}
        self._fails = fails

    async def append_all(self, events: Sequence[Outgoing]) -> list[str | None]:
        await asyncio.sleep(0)
        if self._fails:
            self._fails -= 1
            raise UnavailableError("redis: away")
        for event in events:
            self.events.setdefault(event.idempotency_key, event)
        return [f"{number}-0" for number, _ in enumerate(events)]


@pytest.fixture
async def pool(postgres_dsn: str, tmp_path: Path) -> AsyncIterator[asyncpg.Pool]:
    """A database whose outbox holds 450 posts.parsed."""
    pool = await open_pool(postgres_dsn, size=6)
    await pool.execute("TRUNCATE tenants CASCADE")
    await pool.execute("TRUNCATE outbox_events")
    tenant = identity.tenant_id("relay")
    await pool.execute("INSERT INTO tenants (id, name) VALUES ($1, 'relay')", tenant)
    folder = an_export(tmp_path / "e", *(a_message(n) for n in range(1, 451)))
    options = ImportOptions(path=folder, tenant_id=tenant)
    await import_export(options, pool, FolderStore(tmp_path), lambda _: None)
    yield pool
    await pool.close()


async def test_everything_is_published_in_order_and_once(pool: asyncpg.Pool) -> None:
    log = EventList()

    assert await Relay(pool, log).drain() == 450
    assert await Relay(pool, log).drain() == 0

    assert [int(event.fields["tg_message_id"]) for event in log.events.values()] == list(range(1, 451))
    assert await pool.fetchval("SELECT count(*) FROM outbox_events WHERE entry_id IS NULL") == 0


async def test_two_relays_keep_the_order(pool: asyncpg.Pool) -> None:
    log = EventList()

    await asyncio.gather(*(Relay(pool, log).drain() for _ in range(3)))
    await Relay(pool, log).drain()

    assert [int(event.fields["tg_message_id"]) for event in log.events.values()] == list(range(1, 451))


async def test_a_log_that_does_not_answer_loses_nothing(pool: asyncpg.Pool) -> None:
    log = EventList(fails=1)

    with pytest.raises(UnavailableError):
        await Relay(pool, log).drain()

    assert await Relay(pool, log).drain() == 450


async def test_a_running_relay_publishes_until_it_is_cancelled(pool: asyncpg.Pool) -> None:
    log = EventList()
    running = asyncio.create_task(Relay(pool, log).run())
    async with asyncio.timeout(20):
        while len(log.events) < 450:
            await asyncio.sleep(0.01)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
