"""Albums in a real database: they only grow, find their posts under any id, and are assembled as a whole."""

from uuid import uuid4

import asyncpg
import pytest

from adapters.postgres.albums import AlbumArchive
from adapters.postgres.ingest import IngestStore
from adapters.postgres.ingest_rows import ChannelRow
from adapters.postgres.outbox import Outbox
from adapters.postgres.posts import PostArchive
from contracts.album import AlbumRef
from contracts.errors import RejectedError
from contracts.outgoing import Outgoing
from contracts.post import PostRef
from ingest.announcing import with_content
from tests.adapters.saved import a_known_ref, save
from tests.build import STANDARDS, a_ref, an_album_event, an_album_ref

pytestmark = pytest.mark.services


@pytest.fixture
def albums(pool: asyncpg.Pool) -> AlbumArchive:
    return AlbumArchive(pool)


@pytest.fixture
def album(ref: PostRef) -> AlbumRef:
    return an_album_ref(tenant=ref.tenant_id)


def items_of(album: AlbumRef, count: int = 3) -> tuple[PostRef, ...]:
    return tuple(a_ref(number, tenant=album.tenant_id) for number in range(1, count + 1))


async def test_items_are_those_announced_posts_that_arrived(
    albums: AlbumArchive, album: AlbumRef, archive: PostArchive
) -> None:
    refs = items_of(album)
    await albums.save(album, an_album_event(album, refs))
    for ref in refs[:2]:
        await save(archive, ref)

    state = await albums.state(album, STANDARDS)

    assert [item.post.post_id for item in state.items] == [ref.post_id for ref in refs[:2]]
    assert state.expected == 3


async def test_a_post_that_a_producer_named_otherwise_is_found(
    albums: AlbumArchive, album: AlbumRef, archive: PostArchive
) -> None:
    strangers = {ref.post_id: uuid4() for ref in items_of(album)}
    event = an_album_event(album, items_of(album)).model_copy(update={"post_ids": tuple(strangers.values())})
    for ref in items_of(album):
        await save(archive, ref, post_id=strangers[ref.post_id])

    await albums.save(album, event)

    assert [item.post.post_id for item in (await albums.state(album, STANDARDS)).items] == list(strangers)


async def test_a_second_announcement_under_other_ids_adds_no_item(
    albums: AlbumArchive, album: AlbumRef, archive: PostArchive
) -> None:
    refs = items_of(album, 2)
    for ids in ([uuid4(), uuid4()], [uuid4(), uuid4()]):
        for ref, alias in zip(refs, ids, strict=True):
            await save(archive, ref, post_id=alias)
        await albums.save(album, an_album_event(album, refs).model_copy(update={"post_ids": tuple(ids)}))

    state = await albums.state(album, STANDARDS)

    assert (len(state.items), state.expected) == (2, 2)


async def test_a_post_of_the_group_counts_without_being_announced(
    albums: AlbumArchive, album: AlbumRef, archive: PostArchive
) -> None:
    refs = items_of(album)
    await albums.save(album, an_album_event(album, refs[:1]))
    await save(archive, refs[2], grouped_id=album.grouped_id)
    await save(archive, refs[0])

    assert [item.post.message_id for item in (await albums.state(album, STANDARDS)).items] == [1, 3]


async def test_an_album_only_grows(albums: AlbumArchive, album: AlbumRef) -> None:
    refs = items_of(album)
    await albums.save(album, an_album_event(album, refs, caption_text="Прогулка", album_kind="photo"))

    await albums.save(album, an_album_event(album, refs[:1], caption_text=""))

    material = await albums.material(album, STANDARDS)
    assert (material.expected, material.announced_id) == (3, 42)


async def test_an_album_is_its_producers_for_whom_it_was_announced(
    albums: AlbumArchive, album: AlbumRef
) -> None:
    await albums.save(album, an_album_event(album, items_of(album), user_id="producer-7"))

    await albums.save(album, an_album_event(album, items_of(album), user_id=""))

    assert (await albums.material(album, STANDARDS)).user_id == "producer-7"


async def test_an_album_may_learn_later_whose_it_is(albums: AlbumArchive, album: AlbumRef) -> None:
    for user in ("", "producer-7"):
        await albums.save(album, an_album_event(album, items_of(album), user_id=user))

    assert (await albums.material(album, STANDARDS)).user_id == "producer-7"


async def test_a_post_names_its_album_as_the_producer_does(
    albums: AlbumArchive, album: AlbumRef, archive: PostArchive
) -> None:
    (first, *_) = refs = items_of(album)
    await save(archive, first, grouped_id=album.grouped_id)
    alone = await archive.state(first, STANDARDS)

    await albums.save(album, an_album_event(album, refs))

    known = (await archive.material(first, "v1")).album
    assert known is not None
    assert (alone.album_id, (await archive.state(first, STANDARDS)).album_id, known.album_id) == (
        "",
        "42",
        42,
    )


async def test_an_import_of_fewer_items_does_not_shrink_an_album(
    albums: AlbumArchive, album: AlbumRef, archive: PostArchive, pool: asyncpg.Pool
) -> None:
    (first, *_) = refs = items_of(album)
    await albums.save(album, an_album_event(album, refs))
    await save(archive, first, grouped_id=album.grouped_id)
    channel = ChannelRow(id=album.channel_id, tenant_id=album.tenant_id, tg_channel_id=album.tg_channel_id)

    async with IngestStore(pool).batch(channel) as batch:
        (stored,) = await batch.albums([album.grouped_id])
        await batch.write_album(with_content(stored), "photo", None)

    assert (await albums.state(album, STANDARDS)).expected == 3


async def test_items_learn_which_album_they_are_of(
    albums: AlbumArchive, album: AlbumRef, archive: PostArchive
) -> None:
    (first, *_) = refs = items_of(album)
    await save(archive, first)
    await albums.save(album, an_album_event(album, refs))

    await albums.state(album, STANDARDS)

    assert (await archive.state(first, STANDARDS)).ref.grouped_id == album.grouped_id


async def test_an_album_of_another_tenant_is_not_there(
    albums: AlbumArchive, album: AlbumRef, pool: asyncpg.Pool
) -> None:
    other = await a_known_ref(pool)
    await albums.save(album, an_album_event(album, items_of(album)))

    theirs = an_album_ref(tenant=other.tenant_id)
    assert (await albums.state(theirs, STANDARDS)).absent
    with pytest.raises(RejectedError):
        await albums.material(theirs, STANDARDS)


async def test_posts_of_another_tenant_are_no_items(
    albums: AlbumArchive, album: AlbumRef, pool: asyncpg.Pool, archive: PostArchive
) -> None:
    other = await a_known_ref(pool)
    await save(archive, other, grouped_id=album.grouped_id)

    await albums.save(album, an_album_event(album, (other,)))

    assert (await albums.state(album, STANDARDS)).items == ()
    assert (await archive.state(other, STANDARDS)).ref.grouped_id == album.grouped_id


async def test_an_assembly_is_kept_with_its_event_and_reaches_the_caption(
    albums: AlbumArchive, album: AlbumRef, archive: PostArchive, pool: asyncpg.Pool
) -> None:
    first, second = items_of(album, 2)
    for ref in (first, second):
        await save(archive, ref, grouped_id=album.grouped_id)
    await albums.save(album, an_album_event(album, (first, second)))
    enrichment: dict[str, object] = {
        "vision_summary": "фото причала", "vision_labels": ["река"], "has_text": True, "words": "причал",
        "words_hash": "w", "summary_hash": "s", "ocr_text": None, "caption_post_id": str(first.post_id),
    }  # fmt: skip
    event = Outgoing(
        stream="stream:album:assembled",
        idempotency_key=f"{album.workflow_id}:x",
        fields={},
        trace_id="0" * 32,
    )

    await albums.assembled(await albums.material(album, STANDARDS), "f" * 64, enrichment, event)

    states = [await archive.state(ref, STANDARDS) for ref in (first, second)]
    assert [(state.album_hash, state.album_words) for state in states] == [("s", "w"), ("", "")]
    assert (await albums.state(album, STANDARDS)).assembled == "f" * 64
    assert len(await Outbox(pool).unsent(album.workflow_id)) == 1
    caption = (await archive.material(first, "v1")).album
    assert caption is not None
    assert (caption.is_caption, caption.words) == (True, "причал")
