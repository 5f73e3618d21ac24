"""Channel pictures in the database: who waits, what is known, what was replaced meanwhile."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from adapters.postgres.channel_photos import ChannelPhotoArchive
from adapters.postgres.ingest import IngestStore
from adapters.postgres.ingest_rows import ChannelPhotoRow, ChannelRow, MediaRow
from adapters.postgres.vision import VisionMemory
from contracts.channel_photo import ChannelPhotoRef
from contracts.errors import RejectedError
from contracts.identity import digest
from contracts.post import MediaSeen
from tests.adapters.saved import a_known_ref
from tests.build import CHANNEL, MOMENT, STANDARDS, a_channel_photo_ref, some_facts

pytestmark = pytest.mark.services

STORED = MediaRow(sha256=digest("bytes"), mime="image/png", size_bytes=5, s3_key="media/x.png")


@pytest.fixture
async def ref(pool: asyncpg.Pool) -> ChannelPhotoRef:
    """A channel's picture whose tenant and channel exist, and which is not stored."""
    return a_channel_photo_ref(tenant=(await a_known_ref(pool)).tenant_id)


@pytest.fixture
def photos(pool: asyncpg.Pool) -> ChannelPhotoArchive:
    return ChannelPhotoArchive(pool)


async def keep(pool: asyncpg.Pool, ref: ChannelPhotoRef, media: MediaRow = STORED) -> None:
    channel = ChannelRow(id=ref.channel_id, tenant_id=ref.tenant_id, tg_channel_id=CHANNEL)
    row = ChannelPhotoRow(
        id=ref.photo_id,
        telegram_message_id=ref.message_id,
        posted_at=MOMENT,
        media=media,
        trace_id=ref.trace_id,
    )
    async with IngestStore(pool).batch(channel) as batch:
        await batch.write_channel_photos([row])


async def waiting(photos: ChannelPhotoArchive, tenant: UUID) -> list[ChannelPhotoRef]:
    return [w.photo.ref for w in await photos.waiting(1000) if w.photo.ref.tenant_id == tenant]


async def test_a_picture_waits_until_it_was_handed_over(
    pool: asyncpg.Pool, photos: ChannelPhotoArchive, ref: ChannelPhotoRef
) -> None:
    await keep(pool, ref)
    [found] = [w for w in await photos.waiting(1000) if w.photo.ref == ref]

    await photos.handed_over(found)

    assert (found.photo.channel_title, found.photo.posted_at) == ("Город", MOMENT)
    assert await waiting(photos, ref.tenant_id) == []


async def test_a_picture_whose_file_was_replaced_meanwhile_waits_once_more(
    pool: asyncpg.Pool, photos: ChannelPhotoArchive, ref: ChannelPhotoRef
) -> None:
    absent = MediaRow(sha256=digest("missing", ref.photo_id, 0), mime="image/jpeg", missing="not_included")
    await keep(pool, ref, absent)
    [found] = [w for w in await photos.waiting(1000) if w.photo.ref == ref]
    await keep(pool, ref)

    await photos.handed_over(found)
    await photos.recorded(ref, absent.sha256)

    assert await waiting(photos, ref.tenant_id) == [ref]
    assert await pool.fetchval("SELECT recorded_at FROM channel_photos WHERE id = $1", ref.photo_id) is None


async def test_what_was_seen_in_it_is_known(
    pool: asyncpg.Pool, photos: ChannelPhotoArchive, ref: ChannelPhotoRef
) -> None:
    await keep(pool, ref)
    before = await photos.material(ref, STANDARDS)
    looks = VisionMemory(pool)
    await looks.claim(ref.tenant_id, STORED.sha256, "v1", timedelta(minutes=1), "vision/x.json")
    seen = MediaSeen(sha256=STORED.sha256, features_hash=digest("f"))
    await looks.remember(ref.tenant_id, seen, "v1", some_facts("вывеска"), "vision/x.json")

    after = await photos.material(ref, STANDARDS)

    assert (before.picture.facts, before.channel_title) == (None, "Город")
    assert before.picture.media.object_key == "media/x.png"
    assert after.picture.facts == some_facts("вывеска")


async def test_a_picture_of_another_tenant_is_not_found(
    pool: asyncpg.Pool, photos: ChannelPhotoArchive, ref: ChannelPhotoRef
) -> None:
    await keep(pool, ref)
    stranger = ref.model_copy(update={"tenant_id": UUID(int=7)})

    with pytest.raises(RejectedError, match="no picture"):
        await photos.material(stranger, STANDARDS)


async def test_the_database_refuses_a_picture_in_the_channel_of_another_tenant(
    pool: asyncpg.Pool, ref: ChannelPhotoRef
) -> None:
    other = a_channel_photo_ref(3, tenant=(await a_known_ref(pool)).tenant_id)
    foreign = other.model_copy(update={"channel_id": ref.channel_id})

    with pytest.raises(RejectedError):
        await keep(pool, foreign)
