"""What any vector index must do, tried on the local mode of Qdrant, and on a server where QDRANT_URL names one."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import pytest
from qdrant_client import QdrantClient

from adapters.qdrant import Embed, VectorIndex
from contracts.embedding import EmbedderIdentity
from contracts.errors import RejectedError, UnavailableError
from contracts.index import SearchQuery, VectorPoint
from tests.build import an_embedder
from tests.servers.recording_qdrant import RecordingQdrant

ONE, OTHER = uuid4(), uuid4()
NEWS, DIARY = uuid4(), uuid4()
DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)
SIZE = 4

FIELDS = {
    "tenant_id": "keyword", "channel_id": "keyword", "album_id": "keyword", "tags": "keyword", "posted_at_ts": "integer"
}  # fmt: skip

Open = Callable[[], VectorIndex]


@pytest.fixture(params=["folder", "server"])
def open_index(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    if request.param == "folder":
        return lambda: VectorIndex.at_path(tmp_path / "vectors", an_embedder(SIZE))
    url = os.environ.get("QDRANT_URL")
    if not url:
        pytest.skip("NOT TESTED: no Qdrant server here (QDRANT_URL names one)")
    with closing(QdrantClient(url=url)) as client:
        for name in [found.name for found in client.get_collections().collections]:
            if name.startswith((f"t{ONE}_", f"t{OTHER}_")):
                client.delete_collection(name)
    return lambda: VectorIndex.at_url(url, an_embedder(SIZE))


@pytest.fixture
def open_folder(tmp_path: Path) -> Open:
    return lambda: VectorIndex.at_path(tmp_path / "vectors", an_embedder(SIZE))


@pytest.fixture
async def index(open_index: Open) -> AsyncIterator[VectorIndex]:
    index = open_index()
    yield index
    await index.close()


def post(name: str) -> UUID:
    return uuid5(ONE, name)


def a_point(
    name: str,
    *vector: float,
    channel: UUID = NEWS,
    tags: tuple[str, ...] = (),
    posted_at: datetime = DAY,
) -> VectorPoint:
    payload = {
        "text_short": f"text of {name}",
        "tags": list(tags),
        "channel_id": str(channel),
        "posted_at": posted_at.isoformat(),
        "posted_at_ts": int(posted_at.timestamp()),
        "telegram_post_url": f"https://t.me/c/1/{name}",
    }
    return VectorPoint(post_id=post(name), vector=vector or (1.0, 0.0, 0.0, 0.0), payload=payload)


def a_query(**conditions: object) -> SearchQuery:
    return SearchQuery.model_validate({"tenant_id": ONE, "text": "", **conditions})


def asking(*vector: float) -> Embed:
    """A question whose vector is known, whoever is asked for it."""

    async def embed(_: EmbedderIdentity) -> tuple[float, ...]:
        return vector

    return embed


async def found(index: VectorIndex, **conditions: object) -> set[UUID]:
    hits = await index.search(a_query(**conditions), asking(1, 0, 0, 0))
    return {hit.post_id for hit in hits}


async def test_those_that_are_there_are_told_from_those_that_are_not(index: VectorIndex) -> None:
    nobody = await index.there(ONE, [post("a")])
    await index.put(ONE, [a_point("a"), a_point("b")])

    assert nobody == set()
    assert await index.there(ONE, [post("a"), post("c")]) == {post("a")}
    assert await index.there(OTHER, [post("a")]) == set()
    assert await index.there(ONE, []) == set()


async def test_the_most_alike_comes_first_with_everything_a_reader_needs(index: VectorIndex) -> None:
    await index.put(ONE, [a_point("far", 0, 1, 0, 0), a_point("near", 1, 0.1, 0, 0, tags=("ии",))])

    near, far = await index.search(a_query(), asking(1, 0, 0, 0))

    assert (near.post_id, far.post_id) == (post("near"), post("far"))
    assert near.score > 0.9 > far.score
    assert (near.text, near.tags, near.channel_id) == ("text of near", ("ии",), NEWS)
    assert near.link == "https://t.me/c/1/near" and near.posted_at == DAY


async def test_a_search_keeps_to_its_conditions(index: VectorIndex) -> None:
    await index.put(
        ONE,
        [
            a_point("plain"),
            a_point("diary", channel=DIARY),
            a_point("tagged", tags=("погода", "москва")),
            a_point("old", posted_at=DAY - timedelta(days=9)),
        ],
    )

    assert await found(index, channel_id=DIARY) == {post("diary")}
    assert await found(index, tag="Погода") == {post("tagged")}
    assert await found(index, tag="пого") == set()
    assert await found(index, since=DAY) == {post("plain"), post("diary"), post("tagged")}
    assert len(await found(index, limit=2)) == 2


async def test_the_same_point_again_is_one_point_with_the_newest_payload(index: VectorIndex) -> None:
    await index.put(ONE, [a_point("a", tags=("x",))])
    await index.put(ONE, [a_point("a", tags=("y",))])

    assert await index.count(ONE) == 1
    assert await found(index, tag="x") == set()
    assert await found(index, tag="y") == {post("a")}


async def test_tenants_do_not_see_each_other(index: VectorIndex) -> None:
    await index.put(ONE, [a_point("a", tags=("x",))])
    await index.put(OTHER, [a_point("b", tags=("x",))])

    assert await index.ids(ONE) == {post("a")} and await index.ids(OTHER) == {post("b")}
    assert await found(index, tag="x") == {post("a")}
    assert await index.delete(OTHER, [post("a")]) == 0


async def test_a_tenant_without_posts_has_an_empty_index(index: VectorIndex) -> None:
    assert await index.search(a_query(), asking(1, 0, 0, 0)) == ()
    assert await index.ids(ONE) == set() and await index.count(ONE) == 0
    assert await index.delete(ONE, [post("a")]) == 0


async def test_deleting_says_how_many_there_were(index: VectorIndex) -> None:
    await index.put(ONE, [a_point("a"), a_point("b")])

    assert await index.delete(ONE, [post("a"), post("never")]) == 1
    assert await index.delete(ONE, [post("a")]) == 0

    assert await index.ids(ONE) == {post("b")}


@pytest.mark.parametrize("vector", [(1.0, 2.0), (float("nan"), 0.0, 0.0, 0.0)])
async def test_a_vector_that_does_not_fit_is_refused(index: VectorIndex, vector: tuple[float, ...]) -> None:
    await index.put(ONE, [a_point("a")])

    with pytest.raises(RejectedError, match="a vector"):
        await index.put(ONE, [a_point("b", *vector)])
    with pytest.raises(RejectedError, match="a vector"):
        await index.search(a_query(), asking(*vector))


async def test_everything_is_there_after_reopening(open_index: Open) -> None:
    index = open_index()
    await index.put(ONE, [a_point("a"), a_point("b")])
    await index.delete(ONE, [post("b")])
    await index.close()

    index = open_index()
    assert await index.ids(ONE) == {post("a")}
    await index.close()


async def test_points_written_at_once_arrive_and_a_bad_one_fails_alone(index: VectorIndex) -> None:
    writes: list[Awaitable[None]] = [index.put_one(ONE, a_point(str(n))) for n in range(20)]
    writes += [index.put_one(OTHER, a_point("other")), index.put_one(ONE, a_point("bad", 1.0))]

    results = await asyncio.gather(*writes, return_exceptions=True)

    assert isinstance(results[-1], RejectedError) and results[:-1] == [None] * 21
    assert await index.count(ONE) == 20 and await index.count(OTHER) == 1


async def test_a_folder_in_use_is_refused_with_a_sentence(open_folder: Open) -> None:
    index = open_folder()

    with pytest.raises(UnavailableError, match="held by another process"):
        open_folder()
    assert await index.count(ONE) == 0
    await index.close()


async def test_a_server_that_does_not_answer_is_unavailable() -> None:
    index = VectorIndex.at_url("http://127.0.0.1:1", an_embedder(SIZE))

    with pytest.raises(UnavailableError, match="qdrant"):
        await index.put_one(ONE, a_point("a"))
    await index.close()


async def test_a_server_is_asked_for_an_index_of_each_field_and_waited_for() -> None:
    with RecordingQdrant() as server:
        index = VectorIndex.at_url(server.url, an_embedder(SIZE))
        await index.put(ONE, [a_point(str(n)) for n in range(300)])
        await index.put(ONE, [a_point("later")])
        await index.close()

    assert list(server.indexes.values()) == [FIELDS]
    assert server.batches == [256, 44, 1]
    assert all(waited for _, path, waited in server.writes if path.endswith(("/index", "/points")))
    assert sum(path.endswith("/index") for _, path, _ in server.writes) == len(FIELDS)


async def test_a_collection_that_is_older_than_an_index_gets_it() -> None:
    with RecordingQdrant() as server:
        for _ in range(2):
            index = VectorIndex.at_url(server.url, an_embedder(SIZE))
            await index.put(ONE, [a_point("a")])
            await index.close()
            [made] = [dict(fields) for fields in server.indexes.values()]
            for fields in server.indexes.values():
                fields.pop("album_id")

    assert made == FIELDS
    assert sum(path.endswith("/index") for _, path, _ in server.writes) == len(FIELDS) + 1


CHILD = """
import asyncio, sys
from pathlib import Path
from uuid import UUID, uuid4
from adapters.qdrant import VectorIndex
from contracts.index import VectorPoint
from tests.build import an_embedder

async def main(folder: str, tenant: UUID) -> None:
    index = VectorIndex.at_path(Path(folder), an_embedder(4))
    while True:
        ids = [uuid4() for _ in range(10)]
        points = (VectorPoint(post_id=id, vector=(1.0, 0.0, 0.0, 0.0), payload={}) for id in ids)
        await asyncio.gather(*(index.put_one(tenant, point) for point in points))
        print(*ids, sep="\\n", flush=True)

asyncio.run(main(sys.argv[1], UUID(sys.argv[2])))
"""


async def test_what_was_acknowledged_survives_kill_9(open_folder: Open, tmp_path: Path) -> None:
    command = [sys.executable, "-c", CHILD, str(tmp_path / "vectors"), str(ONE)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as child:
        assert child.stdout
        acknowledged = [UUID(child.stdout.readline().strip()) for _ in range(200)]
        os.kill(child.pid, signal.SIGKILL)

    index = open_folder()
    assert await index.ids(ONE) >= set(acknowledged)
    await index.close()
