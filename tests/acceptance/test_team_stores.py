"""The whole service over S3 and Neo4j: what goes there, what is lost there, and a Neo4j that goes and comes back."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from contracts.reconciling import Kind
from contracts.streams import POSTS_PARSED
from runtime.embedded.s3_server import S3Address
from runtime.store_settings import Neo4jSettings, S3Settings
from tests.acceptance.archive import Archive, an_archive, changed_stages, until
from tests.acceptance.producer import entry
from tests.chaos.fate import around
from tests.chaos.orders import Orders
from tests.store_servers import Neo4jHere

pytestmark = [pytest.mark.services, pytest.mark.timeout(240)]

FORGET = "MATCH (n) WHERE n.tenant_id = $tenant DETACH DELETE n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("team")


@pytest.fixture(scope="module")
async def archive(s3: S3Address, neo4j: Neo4jHere, folder: Path) -> AsyncIterator[Archive]:
    bucket = S3Settings(
        bucket="team",
        endpoint_url=s3.url,
        access_key=s3.access_key,
        secret_key=SecretStr(s3.secret_key),
        create_bucket=True,
    )
    where = neo4j.address
    graph = Neo4jSettings(url=where.url, user=where.user, password=SecretStr(where.password))
    async with an_archive(folder, around(Orders(folder)), s3=bucket, neo4j=graph) as archive:
        yield archive


async def test_objects_are_in_the_bucket_and_the_graph_is_on_the_server(
    archive: Archive, folder: Path
) -> None:
    keys = await archive.service.stores.objects.keys("")
    counts = await archive.service.stores.graph.counts(archive.tenant)

    kinds = Counter(key.partition("/")[0] for key in keys)
    assert (kinds["vision"], kinds["crawl"], kinds["album"]) == (22, 18, 3) and kinds["media"] >= 22
    assert (counts["Post"], counts["Album"], counts["HAS_POST"]) == (40, 3, 40)
    assert not (folder / "objects").exists() and not (folder / "graph").exists()
    assert (await archive.reconciled(apply=False)).state == "same"


async def test_what_is_lost_behind_its_back_is_made_again(archive: Archive, neo4j: Neo4jHere) -> None:
    stores, stages, entries = archive.service.stores, await archive.stages(), await archive.entries()
    keys, counts = await stores.objects.keys(""), await stores.graph.counts(archive.tenant)
    beside = await neo4j.graph()
    await beside._store.write([], lambda run: run(FORGET, tenant=str(archive.tenant)))
    await beside.close()
    await archive.lose("vision/", "crawl/", "album/")

    found = await archive.found_and_repaired()

    assert found == {
        Kind.NODES: (40, 40), Kind.ALBUM_NODES: (3, 3), Kind.VISION: (22, 22),
        Kind.PAGES: (9, 9), Kind.SUMMARIES: (3, 3),
    }  # fmt: skip
    assert await stores.objects.keys("") == keys
    assert await stores.graph.counts(archive.tenant) == counts
    assert await changed_stages(archive, stages) == {"graph", "crawl"}
    assert await archive.entries() == entries


async def test_while_neo4j_is_away_posts_wait_for_it_alone(
    archive: Archive, neo4j: Neo4jHere, folder: Path
) -> None:
    stores = archive.service.stores
    await neo4j.stop()
    for message in (901, 902, 903):
        fields: Any = entry(archive.tenant, message)
        await stores.redis.xadd(POSTS_PARSED, fields)

    await until(lambda: _recorded(archive, "vectors", 3))
    waiting = await _recorded(archive, "graph", 1), await archive.is_settled()
    await neo4j.start()
    await archive.settled()

    assert waiting == (False, False)
    assert await _recorded(archive, "graph", 3)
    new = await stores.pool.fetch("SELECT id FROM posts WHERE telegram_message_id > 900")
    put = Counter(Orders(folder).notes("vectors.put_one"))
    assert [put[str(row["id"])] for row in new] == [1, 1, 1]
    assert (await archive.reconciled(apply=False)).state == "same"


async def _recorded(archive: Archive, stage: str, count: int) -> bool:
    """Whether so many of the new posts have a record of the stage."""
    query = """
    SELECT count(*) FROM post_stages s JOIN posts p ON p.id = s.post_id
    WHERE s.stage = $1 AND p.telegram_message_id > 900
    """
    return int(await archive.service.stores.pool.fetchval(query, stage)) >= count
