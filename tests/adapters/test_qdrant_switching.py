"""Another embedder: a second collection is filled while the first is searched, and takes its place."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import pytest
from qdrant_client import QdrantClient, models

from adapters.qdrant import VectorIndex
from contracts.embedding import EmbedderIdentity
from contracts.errors import RejectedError, UnavailableError
from contracts.index import SearchQuery, VectorPoint
from tests.build import an_embedder

ONE, OTHER = uuid4(), uuid4()
SMALL, BIG, HUGE = an_embedder(4), an_embedder(8), an_embedder(16)
NAME = f"t{ONE}_posts"

Open = Callable[[EmbedderIdentity], AbstractAsyncContextManager[VectorIndex]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vectors"


@pytest.fixture
def opened(folder: Path) -> Open:
    """Opens the index for whoever is wanted; each time is a restart."""

    @asynccontextmanager
    async def opened(wanted: EmbedderIdentity) -> AsyncIterator[VectorIndex]:
        index = VectorIndex.at_path(folder, wanted)
        try:
            yield index
        finally:
            await index.close()

    return opened


def post(name: str) -> UUID:
    return uuid5(ONE, name)


def a_point(name: str, by: EmbedderIdentity, text: str = "") -> VectorPoint:
    vector = (1.0, *([0.0] * (by.size - 1)))
    payload = {"text_short": text or name, "channel_id": str(ONE)}
    return VectorPoint(post_id=post(name), vector=vector, payload=payload, embedder=by)


async def texts(
    index: VectorIndex, tenant: UUID = ONE, here: tuple[EmbedderIdentity, ...] = (SMALL, BIG)
) -> set[str]:
    """What search finds, when ``here`` are the embedders that can be asked."""

    async def embed(identity: EmbedderIdentity) -> tuple[float, ...] | None:
        return (1.0, *([0.0] * (identity.size - 1))) if identity in here else None

    return {hit.text for hit in await index.search(SearchQuery(tenant_id=tenant, text=""), embed)}


async def put(index: VectorIndex, *names: str, by: tuple[EmbedderIdentity, ...], tenant: UUID = ONE) -> None:
    await index.put(tenant, [a_point(name, embedder) for name in names for embedder in by])


@pytest.fixture
def an_old_archive(folder: Path) -> None:
    """Two posts in a collection that is itself called as readers ask for it."""
    with closing(QdrantClient(path=str(folder))) as client:
        params = models.VectorParams(size=4, distance=models.Distance.COSINE)
        client.create_collection(NAME, vectors_config=params)
        points = [a_point(name, SMALL) for name in ("a", "b")]
        structs = [
            models.PointStruct(id=str(p.post_id), vector=list(p.vector), payload=p.payload) for p in points
        ]
        client.upsert(NAME, structs)


def seen_from_outside(folder: Path) -> tuple[set[str], dict[str, str], set[str]]:
    """The collections, the aliases, and what a reader of the tenant's name finds, with nobody else around."""
    with closing(QdrantClient(path=str(folder))) as client:
        names = {found.name for found in client.get_collections().collections}
        aliases = {found.alias_name: found.collection_name for found in client.get_aliases().aliases}
        points, _ = client.scroll(NAME, limit=100)
        return names, aliases, {str((point.payload or {})["text_short"]) for point in points}


async def test_the_first_collection_is_found_under_the_name_that_readers_know(
    opened: Open, folder: Path
) -> None:
    async with opened(SMALL) as index:
        await put(index, "a", by=(SMALL,))

    assert seen_from_outside(folder) == ({f"{NAME}.{SMALL.slug}"}, {NAME: f"{NAME}.{SMALL.slug}"}, {"a"})


@pytest.mark.usefixtures("an_old_archive")
async def test_an_old_archive_goes_on_as_it_is(opened: Open, folder: Path) -> None:
    async with opened(SMALL) as index:
        await put(index, "c", by=(SMALL,))
        assert await texts(index) == {"a", "b", "c"}
        assert (await index.count(ONE), await index.unsettled()) == (3, ())

    assert seen_from_outside(folder) == ({NAME}, {}, {"a", "b", "c"})


@pytest.mark.usefixtures("an_old_archive")
async def test_search_reads_the_old_collection_while_the_new_one_is_filled(opened: Open) -> None:
    async with opened(BIG) as index:
        assert await texts(index) == {"a", "b"}
        assert (await index.count(ONE), await index.unsettled()) == (0, (ONE,))

        await put(index, "a", by=(BIG,))

        assert await index.searched_by(ONE) == SMALL
        assert await texts(index) == {"a", "b"}
        assert await index.ids(ONE) == {post("a")}
        assert await index.searched_ids(ONE) == {post("a"), post("b")}


@pytest.mark.usefixtures("an_old_archive")
async def test_a_post_that_waits_to_be_filled_in_is_there(opened: Open) -> None:
    async with opened(BIG) as index:
        await put(index, "new", by=(BIG,))

        assert await index.there(ONE, [post(name) for name in ("a", "new", "never")]) == {
            post("a"),
            post("new"),
        }


@pytest.mark.usefixtures("an_old_archive")
async def test_what_is_new_changed_or_deleted_meanwhile_is_so_in_both(opened: Open) -> None:
    async with opened(BIG) as index:
        await put(index, "b", "new", by=(SMALL, BIG))
        await index.put(ONE, [a_point("a", by, "a changed") for by in (SMALL, BIG)])
        assert await texts(index) == {"a changed", "b", "new"}

        assert await index.delete(ONE, [post("b"), post("never")]) == 1

        assert await texts(index) == {"a changed", "new"}
        await index.switch(ONE)
        assert await texts(index) == {"a changed", "new"}


@pytest.mark.usefixtures("an_old_archive")
async def test_after_the_first_switch_the_name_leads_to_the_new_collection_for_good(
    opened: Open, folder: Path
) -> None:
    async with opened(BIG) as index:
        await put(index, "a", "b", by=(BIG,))
        await index.switch(ONE)
        await index.switch(ONE)
        assert (await texts(index, here=(BIG,)), await index.unsettled()) == ({"a", "b"}, ())

    outside = seen_from_outside(folder)
    async with opened(BIG) as index:
        assert await texts(index, here=(BIG,)) == {"a", "b"}
    assert outside == ({f"{NAME}.{BIG.slug}"}, {NAME: f"{NAME}.{BIG.slug}"}, {"a", "b"})


@pytest.mark.usefixtures("an_old_archive")
async def test_a_fill_goes_on_after_a_restart(opened: Open) -> None:
    async with opened(BIG) as index:
        await put(index, "a", by=(BIG,))
    async with opened(BIG) as index:
        assert await texts(index) == {"a", "b"}
        await put(index, "b", by=(BIG,))
        assert await index.ids(ONE) == {post("a"), post("b")}


@pytest.mark.usefixtures("an_old_archive")
async def test_a_second_switch_goes_from_alias_to_alias(opened: Open, folder: Path) -> None:
    async with opened(BIG) as index:
        await put(index, "a", "b", by=(BIG,))
        await index.switch(ONE)
    async with opened(HUGE) as index:
        await put(index, "a", "b", by=(HUGE,))
        await index.switch(ONE)
        assert [c.embedder for c in (await index.layout(ONE)).left_over] == [BIG]
        assert await index.unsettled() == (ONE,)

        await index.drop(ONE, BIG)

        assert (await texts(index, here=(HUGE,)), await index.unsettled()) == ({"a", "b"}, ())
    assert seen_from_outside(folder)[0] == {f"{NAME}.{HUGE.slug}"}


@pytest.mark.usefixtures("an_old_archive")
async def test_a_fill_that_was_given_up_is_left_over(opened: Open) -> None:
    async with opened(BIG) as index:
        await put(index, "a", by=(BIG,))
    async with opened(SMALL) as index:
        assert await index.unsettled() == (ONE,)

        await index.drop(ONE, SMALL)
        await index.drop(ONE, BIG)

        assert (await texts(index), await index.unsettled()) == ({"a", "b"}, ())


@pytest.mark.usefixtures("an_old_archive")
@pytest.mark.parametrize("mended_by", ["the look", "a write"])
async def test_a_crash_that_left_no_name_for_readers_is_mended(
    opened: Open, folder: Path, mended_by: str
) -> None:
    async with opened(BIG) as index:
        await put(index, "a", "b", by=(BIG,))
    with closing(QdrantClient(path=str(folder))) as client:
        client.delete_collection(NAME)
    async with opened(HUGE) as index:
        assert await index.unsettled() == (ONE,)
        assert await texts(index) == {"a", "b"}

        for _ in range(2):
            await (index.adopt(ONE) if mended_by == "the look" else put(index, "a", by=(HUGE,)))

        assert await index.searched_by(ONE) == BIG
    assert seen_from_outside(folder)[1:] == ({NAME: f"{NAME}.{BIG.slug}"}, {"a", "b"})


@pytest.mark.usefixtures("an_old_archive")
async def test_a_crash_amid_the_deletion_of_the_old_files_is_mended(opened: Open, folder: Path) -> None:
    async with opened(BIG) as index:
        await put(index, "a", "b", by=(BIG,))
    shutil.rmtree(folder / "collection" / NAME)
    async with opened(BIG) as index:
        assert await index.unsettled() == (ONE,)

        await index.switch(ONE)

        assert await texts(index, here=(BIG,)) == {"a", "b"}


async def test_a_point_for_a_collection_that_is_gone_is_passed_by(opened: Open) -> None:
    async with opened(BIG) as index:
        await put(index, "a", by=(BIG, SMALL))

        assert [c.embedder for c in (await index.layout(ONE)).there] == [BIG]


async def test_tenants_switch_each_by_itself(opened: Open) -> None:
    async with opened(SMALL) as index:
        for tenant in (ONE, OTHER):
            await put(index, "a", by=(SMALL,), tenant=tenant)
    async with opened(BIG) as index:
        for tenant in (ONE, OTHER):
            await put(index, "a", by=(BIG,), tenant=tenant)
        await index.switch(ONE)
        await index.drop(ONE, SMALL)

        assert (await index.searched_by(ONE), await index.searched_by(OTHER)) == (BIG, SMALL)
        assert await texts(index) == await texts(index, OTHER) == {"a"}
        assert await index.unsettled() == (OTHER,)


@pytest.mark.usefixtures("an_old_archive")
async def test_where_the_former_embedder_is_gone_the_new_collection_is_searched(opened: Open) -> None:
    async with opened(BIG) as index:
        with pytest.raises(UnavailableError, match="not here any more"):
            await texts(index, here=(BIG,))

        await put(index, "a", by=(BIG,))

        assert await texts(index, here=(BIG,)) == {"a"}


@pytest.mark.usefixtures("an_old_archive")
async def test_a_collection_that_is_replaced_while_the_question_is_embedded_is_not_asked(
    opened: Open,
) -> None:
    async with opened(BIG) as index:
        await put(index, "a", "b", by=(BIG,))
        asked: list[EmbedderIdentity] = []

        async def embed(identity: EmbedderIdentity) -> tuple[float, ...]:
            asked.append(identity)
            await index.switch(ONE)
            return (1.0, *([0.0] * (identity.size - 1)))

        hits = await index.search(SearchQuery(tenant_id=ONE, text=""), embed)

        assert ({hit.text for hit in hits}, asked) == ({"a", "b"}, [SMALL, BIG])


async def test_collections_of_other_programs_are_left_alone(opened: Open, folder: Path) -> None:
    theirs = {f"{NAME}.backup", f"t{OTHER}_posts", "notes"}
    with closing(QdrantClient(path=str(folder))) as client:
        named = {"text": models.VectorParams(size=4, distance=models.Distance.COSINE)}
        for name in theirs:
            client.create_collection(name, vectors_config=named)
    async with opened(SMALL) as index:
        await put(index, "a", by=(SMALL,))
        assert await index.unsettled() == ()
        with pytest.raises(RejectedError, match="another program"):
            await put(index, "a", by=(SMALL,), tenant=OTHER)

    assert seen_from_outside(folder)[0] == {*theirs, f"{NAME}.{SMALL.slug}"}
