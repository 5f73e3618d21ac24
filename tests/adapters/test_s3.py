"""What is S3's own: what is said with the bytes, parts, refusals, and what a tenant may keep."""

import asyncio
import hashlib
import tracemalloc
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.s3.errors import our_errors
from adapters.s3.store import S3Store
from contracts.errors import RefusedError, RejectedError, UnavailableError
from runtime.embedded.s3_server import S3Address
from tests.adapters.buckets import a_bucket, opened
from tests.servers.refusing_s3 import RefusingS3

pytestmark = pytest.mark.services

PAGE = "страница ".encode() * 500


@pytest.fixture
async def store(s3: S3Address, tmp_path: Path) -> AsyncIterator[S3Store]:
    async with opened(s3, tmp_path) as store:
        yield store


async def head(store: S3Store, key: str) -> dict[str, Any]:
    found: dict[str, Any] = await store._client.head_object(Bucket=store._bucket, Key=key)
    return found


async def test_text_is_compressed_and_its_md5_is_that_of_the_stored_bytes(
    store: S3Store, s3: S3Address, tmp_path: Path
) -> None:
    await store.put("crawl/a.html", PAGE, "text/html")

    told = await head(store, "crawl/a.html")
    stored = (s3.buckets / a_bucket(s3, tmp_path).name / "crawl/a.html").read_bytes()

    assert (told["ContentType"], told["ContentEncoding"]) == ("text/html", "gzip")
    assert told["ETag"].strip('"') == hashlib.md5(stored).hexdigest()
    assert len(stored) == told["ContentLength"] < len(PAGE) / 10
    assert await store.get("crawl/a.html") == PAGE


async def test_a_picture_is_stored_as_it_is(store: S3Store, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(PAGE)
    await store.put_file("media/a.jpg", tmp_path / "picture", "image/jpeg")

    told = await head(store, "media/a.jpg")

    assert (told["ContentType"], told.get("ContentEncoding"), told["ContentLength"]) == (
        "image/jpeg",
        None,
        len(PAGE),
    )


async def test_the_same_bytes_of_another_program_are_left_as_they_are(store: S3Store) -> None:
    await store._client.put_object(Bucket=store._bucket, Key="k", Body=b"body", ContentType="image/png")

    assert await store.put("k", b"body", "image/png") is False
    assert await store.put("k", b"other", "image/png") is True


async def test_a_large_file_goes_in_parts_and_memory_stays_flat(store: S3Store, tmp_path: Path) -> None:
    source = tmp_path / "large"
    with source.open("wb") as file:
        file.truncate(100 * 2**20)

    tracemalloc.start()
    await store.put_file("media/large.mp4", source, "video/mp4")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    told = await head(store, "media/large.mp4")
    assert most < 40 * 2**20
    assert (told["ContentLength"], told["ContentType"]) == (100 * 2**20, "video/mp4")
    assert told["ETag"].strip('"').endswith("-13")


async def test_an_upload_that_is_cut_short_leaves_neither_object_nor_parts(
    store: S3Store, tmp_path: Path
) -> None:
    source = tmp_path / "large"
    with source.open("wb") as file:
        file.truncate(400 * 2**20)

    upload = asyncio.create_task(store.put_file("media/large.mp4", source, "video/mp4"))
    while not await _uploads(store):
        await asyncio.sleep(0)
    upload.cancel()
    await asyncio.gather(upload, return_exceptions=True)

    assert upload.cancelled()
    assert await _uploads(store) == []
    assert await store.keys("") == []


async def _uploads(store: S3Store) -> list[Any]:
    answer = await store._client.list_multipart_uploads(Bucket=store._bucket)
    return list(answer.get("Uploads", ()))


async def test_more_keys_than_one_answer_holds_are_all_listed(
    store: S3Store, s3: S3Address, tmp_path: Path
) -> None:
    folder = s3.buckets / a_bucket(s3, tmp_path).name / "media"
    folder.mkdir()
    for number in range(1005):
        (folder / f"{number:04}").touch()

    assert await store.keys("media/") == [f"media/{number:04}" for number in range(1005)]


async def test_bytes_that_arrive_damaged_are_sent_again(store: S3Store) -> None:
    wrong = {"Body": b"body", "ContentMD5": "AAAAAAAAAAAAAAAAAAAAAA=="}

    with pytest.raises(UnavailableError, match="BadDigest"), our_errors(store._bucket, "k"):
        await store._client.put_object(Bucket=store._bucket, Key="k", **wrong)
    assert not await store.exists("k")


async def test_an_object_that_is_not_what_it_says_is_rejected(store: S3Store) -> None:
    await store._client.put_object(Bucket=store._bucket, Key="k", Body=b"plain", ContentEncoding="gzip")

    with pytest.raises(RejectedError, match="says that it is compressed"):
        await store.get("k")


async def test_a_key_that_is_refused_is_told_with_the_settings_and_without_itself(
    s3: S3Address, tmp_path: Path
) -> None:
    async with opened(s3, tmp_path):
        pass

    with pytest.raises(UnavailableError, match="POSTLOOM_S3__ACCESS_KEY and POSTLOOM_S3__SECRET_KEY") as told:
        await opened(s3, tmp_path, secret_key="not-the-secret").__aenter__()

    assert not any(word in str(told.value) for word in ("not-the-secret", s3.access_key + " ", s3.secret_key))


async def test_a_bucket_is_made_only_where_that_is_wanted(s3: S3Address, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="POSTLOOM_S3__CREATE_BUCKET"):
        await opened(s3, tmp_path, create=False).__aenter__()

    async with opened(s3, tmp_path):
        pass

    async with opened(s3, tmp_path, create=False) as store:
        assert await store.keys("") == []


async def test_a_bucket_that_is_gone_is_no_bucket_without_objects(store: S3Store) -> None:
    await store._client.delete_bucket(Bucket=store._bucket)

    for question in (store.exists("k"), store.get("k"), store.keys(""), store.put("k", b"", "image/png")):
        with pytest.raises(UnavailableError, match="there is no bucket"):
            await question


async def test_a_server_that_is_not_there_is_unavailable() -> None:
    s3 = S3Address(url="http://127.0.0.1:1", access_key="a", secret_key="b", buckets=Path())

    with pytest.raises(UnavailableError, match="does not answer"):
        await opened(s3, Path()).__aenter__()


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (503, "SlowDown", UnavailableError),
        (500, "InternalError", UnavailableError),
        (400, "BadDigest", UnavailableError),
        (403, "AccessDenied", UnavailableError),
        (400, "AuthorizationHeaderMalformed", UnavailableError),
        (400, "KeyTooLongError", RejectedError),
        (400, "EntityTooLarge", RejectedError),
    ],
)
async def test_a_refusal_is_asked_for_once_and_told_with_its_code(
    status: int, code: str, error: type[Exception]
) -> None:
    async with RefusingS3(status, code) as server, opened(server.address, Path()) as store:
        with pytest.raises(error, match=code) as told:
            await store.put("k", b"body", "image/png")

    assert type(told.value) is error
    assert server.refused == 1


async def test_what_a_tenant_keeps_is_limited_and_what_was_paid_for_is_kept(
    s3: S3Address, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"x" * 600)
    async with opened(s3, tmp_path, quota=1000) as store:
        await store.put_file("media/one/aa/a.jpg", tmp_path / "file", "image/jpeg")

        for refused in (
            store.put_file("media/one/bb/b.jpg", tmp_path / "file", "image/jpeg"),
            store.put("crawl/one/post/page.html", bytes(range(256)) * 4, "image/png"),
        ):
            with pytest.raises(RefusedError, match="tenant one keeps 600 of 1000") as told:
                await refused
            assert told.value.reason == "quota"
        await store.put("vision/one/a.json", bytes(range(256)) * 4, "image/png")
        await store.put_file("media/other/aa/a.jpg", tmp_path / "file", "image/jpeg")
        assert await store.put_file("media/one/aa/a.jpg", tmp_path / "file", "image/jpeg") is False

        assert await store.keys("media/") == ["media/one/aa/a.jpg", "media/other/aa/a.jpg"]


async def test_what_another_process_stored_counts_too(s3: S3Address, tmp_path: Path) -> None:
    async with opened(s3, tmp_path) as before:
        await before.put("album/one/a.json", b"x" * 990, "image/png")

    async with opened(s3, tmp_path, quota=1000) as store:
        with pytest.raises(RefusedError):
            await store.put("crawl/one/post/a.png", b"x" * 20, "image/png")


async def test_no_tenant_is_shown_what_another_has(store: S3Store) -> None:
    for tenant in ("aaaa", "aaaab"):
        await store.put(f"media/{tenant}/k", tenant.encode(), "image/png")

    assert await store.keys("media/aaaa/") == ["media/aaaa/k"]
    for crooked in ("media/aaaa/../aaaab/k", "media/aaaa/%2e%2e/aaaab/k", "media//aaaab/k"):
        with pytest.raises(RejectedError):
            await store.get(crooked)
