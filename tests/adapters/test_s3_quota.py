"""Counting what a tenant keeps never holds up a put for long, however much that is, and is done once for all."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from structlog.testing import capture_logs

from adapters.s3.quota import Quota, Times
from contracts.errors import RefusedError, UnavailableError

KEY, OTHER = "media/one/aa/a.jpg", "crawl/two/post/a.html"


class Bucket:
    """Says what each tenant keeps as media, of one of them when its gate is open; ``lists`` is what was counted."""

    def __init__(self, used: int) -> None:
        self.used, self.lists = used, list[str]()
        self.gate = asyncio.Event()
        self.error: Exception | None = None

    async def size(self, prefix: str) -> int:
        self.lists.append(prefix)
        if "/one/" in prefix:
            await self.gate.wait()
        if self.error:
            raise self.error
        return self.used if prefix.startswith("media/") else 0


@pytest.fixture
def bucket() -> Bucket:
    return Bucket(900)


@pytest.fixture
async def quota(bucket: Bucket) -> AsyncIterator[Quota]:
    quota = Quota(bucket.size, 1000, Times(patience=0.2))
    yield quota
    await quota.close()


async def counted(quota: Quota, bucket: Bucket) -> None:
    """Let the count that is under way come to its end."""
    bucket.gate.set()
    await asyncio.wait({task for count in quota._counts.values() if (task := count.under_way)}, timeout=5)


async def test_a_put_does_not_wait_longer_than_it_should_and_is_let_through(
    quota: Quota, bucket: Bucket
) -> None:
    begin = time.monotonic()
    await quota.admit(KEY, 5000)
    first = time.monotonic() - begin
    await quota.admit(KEY, 5000)

    assert 0.15 < first < 2
    assert time.monotonic() - begin - first < 0.1


async def test_a_tenant_is_counted_once_however_many_put(quota: Quota, bucket: Bucket) -> None:
    waiting = [asyncio.create_task(quota.admit(KEY, 1)) for _ in range(20)]
    await asyncio.sleep(0.05)
    await counted(quota, bucket)
    await asyncio.gather(*waiting)

    assert sorted(bucket.lists) == ["album/one/", "crawl/one/", "media/one/", "vision/one/"]


async def test_a_count_outlives_the_put_that_wanted_it(quota: Quota, bucket: Bucket) -> None:
    put = asyncio.create_task(quota.admit(KEY, 5000))
    await asyncio.sleep(0.05)
    put.cancel()
    await asyncio.gather(put, return_exceptions=True)
    await counted(quota, bucket)

    with pytest.raises(RefusedError, match="tenant one keeps 900 of 1000"):
        await quota.admit(KEY, 200)
    await quota.admit(KEY, 100)
    assert len(bucket.lists) == 4


async def test_the_last_count_counts_while_another_is_taken(
    bucket: Bucket,
) -> None:
    quota = Quota(bucket.size, 1000, Times(0.0, 0.0, patience=0.2))
    bucket.gate.set()
    await quota.admit(KEY, 0)
    bucket.gate.clear()

    begin = time.monotonic()
    await quota.admit(KEY, 50)
    assert time.monotonic() - begin < 0.1
    with pytest.raises(RefusedError, match="keeps 950 of 1000"):
        await quota.admit(KEY, 60)
    assert time.monotonic() - begin < 2
    assert len(bucket.lists) == 5
    await quota.close()


async def test_one_tenants_count_holds_up_no_other(quota: Quota) -> None:
    await quota.admit(KEY, 1)

    with pytest.raises(RefusedError, match="tenant two keeps 900 of 1000"):
        await quota.admit(OTHER, 2000)


async def test_a_bucket_that_cannot_be_counted_is_told_until_it_was_once(
    bucket: Bucket,
) -> None:
    quota = Quota(bucket.size, 1000, Times(believed=0.0, patience=0.2))
    bucket.gate.set()
    bucket.error = UnavailableError("away")
    with pytest.raises(UnavailableError, match="away"):
        await quota.admit(KEY, 1)
    bucket.error = None
    await quota.admit(KEY, 1)
    bucket.error = UnavailableError("away")

    with capture_logs() as logs:
        await quota.admit(KEY, 1)
        await counted(quota, bucket)
    assert [line["sentence"] for line in logs] == ["away"]


async def test_what_is_under_way_ends_with_the_store(quota: Quota, bucket: Bucket) -> None:
    await quota.admit(KEY, 1)
    (count,) = quota._counts.values()

    await quota.close()

    assert count.under_way is not None and count.under_way.cancelled()
