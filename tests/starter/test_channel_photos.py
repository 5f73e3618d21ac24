"""Channel pictures become workflows, each once, and are marked only when the engine has them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import asyncpg
import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from adapters.postgres.channel_photos import ChannelPhotoArchive, WaitingPhoto
from adapters.postgres.door import Directory
from adapters.postgres.ingest import IngestStore
from adapters.postgres.ingest_rows import ChannelPhotoRow, ChannelRow, MediaRow
from adapters.postgres.pool import open_pool
from contracts.channel_photo import ChannelPhotoInput
from contracts.errors import PipelineError, UnavailableError
from starter.channel_photos import ChannelPhotoStarter, photo_handler
from tests.build import CHANNEL, MOMENT, a_channel_photo, a_channel_photo_ref, a_tenant
from tests.fakes import Weather


class Table:
    """Pictures that wait; forgets those that were handed over."""

    def __init__(self, *numbers: int) -> None:
        self.weather = Weather()
        self.left = {n: WaitingPhoto(a_channel_photo(a_channel_photo_ref(n)), "a" * 64) for n in numbers}

    async def waiting(self, limit: int) -> list[WaitingPhoto]:
        self.weather.strike()
        return list(self.left.values())[:limit]

    async def handed_over(self, waiting: WaitingPhoto) -> None:
        self.weather.strike()
        self.left.pop(waiting.photo.ref.message_id, None)


class Engine:
    """Takes workflows by id; ``coming`` are the errors of the next calls."""

    def __init__(self, *coming: PipelineError | RPCError) -> None:
        self.coming, self.accepted, self.asked = list(coming), set[str](), 0

    async def start(self, photo: ChannelPhotoInput) -> None:
        await asyncio.sleep(0)
        self.asked += 1
        if self.coming:
            raise self.coming.pop(0)
        self.accepted.add(photo.ref.workflow_id)


def away() -> RPCError:
    return RPCError("away", RPCStatusCode.UNAVAILABLE, b"")


async def test_what_waits_is_handed_over_and_marked() -> None:
    table, engine = Table(1, 2, 3), Engine()

    handed = await ChannelPhotoStarter(table, engine.start).drain()

    assert (handed, len(engine.accepted), table.left) == (3, 3, {})
    assert await ChannelPhotoStarter(table, engine.start).drain() == 0


async def test_what_the_engine_did_not_accept_is_not_marked() -> None:
    table, engine = Table(1, 2), Engine(away())

    with pytest.raises(RPCError):
        await ChannelPhotoStarter(table, engine.start).drain()

    assert set(table.left) == {1, 2}


async def test_what_was_accepted_but_not_marked_is_handed_over_again_as_the_same_workflow() -> None:
    table, engine = Table(1), Engine()
    starter = ChannelPhotoStarter(table, engine.start)
    await engine.start(table.left[1].photo)

    await starter.drain()

    assert (engine.asked, len(engine.accepted), table.left) == (2, 1, {})


async def test_an_outage_is_waited_out_and_the_end_is_clean() -> None:
    table, engine = Table(1), Engine(away())
    table.weather.coming = [UnavailableError("postgres: away")]
    running = asyncio.create_task(ChannelPhotoStarter(table, engine.start, idle=0.01).run())
    async with asyncio.timeout(20):
        while table.left:
            await asyncio.sleep(0.01)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert len(engine.accepted) == 1


@pytest.fixture
async def pool(postgres_dsn: str) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(postgres_dsn, size=4)
    yield pool
    await pool.close()


@pytest.mark.services
async def test_a_stored_picture_is_one_workflow_however_often_it_is_handed_over(
    pool: asyncpg.Pool, temporal_client: Client
) -> None:
    ref = a_channel_photo_ref(tenant=a_tenant())
    await Directory(pool).add_tenant(ref.tenant_id, str(ref.tenant_id))
    await Directory(pool).add_channel(ref.tenant_id, ref.channel_id, CHANNEL, "Город", None)
    channel = ChannelRow(id=ref.channel_id, tenant_id=ref.tenant_id, tg_channel_id=CHANNEL)
    media = MediaRow(sha256="b" * 64, mime="image/png", s3_key="media/b.png")
    photo = ChannelPhotoRow(
        id=ref.photo_id,
        telegram_message_id=ref.message_id,
        posted_at=MOMENT,
        media=media,
        trace_id=ref.trace_id,
    )
    async with IngestStore(pool).batch(channel) as batch:
        await batch.write_channel_photos([photo])
    starter = ChannelPhotoStarter(ChannelPhotoArchive(pool), photo_handler(temporal_client))

    first = await starter.drain()
    run = (await temporal_client.get_workflow_handle(ref.workflow_id).describe()).run_id
    await pool.execute("UPDATE channel_photos SET handed_over_at = NULL")
    second = await starter.drain()

    handle = temporal_client.get_workflow_handle(ref.workflow_id)
    described = await handle.describe()
    with suppress(RPCError):
        await handle.terminate()
    assert (first, second, await starter.drain()) == (1, 1, 0)
    assert (described.run_id, described.workflow_type) == (run, "ChannelPhotoWorkflow")
    assert await described.static_summary() == "Город #2: the channel's own picture"
