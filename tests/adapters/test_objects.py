"""What any object store must do, tried on a folder and on S3."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

import pytest

from adapters.folder import FolderStore
from contracts.errors import RejectedError
from runtime.embedded.s3_server import S3Address
from tests.adapters.buckets import opened
from workers.objects import Objects

Open = Callable[[], AbstractAsyncContextManager[Objects]]


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.services)])
def open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    if request.param == "s3":
        s3: S3Address = request.getfixturevalue("s3")
        return lambda: opened(s3, tmp_path)
    return lambda: nullcontext(FolderStore(tmp_path / "objects"))


@pytest.fixture
async def store(open_store: Open) -> AsyncIterator[Objects]:
    async with open_store() as store:
        yield store


@pytest.fixture(
    params=[0, 3_000_000, 2 * 8 * 2**20, 20_000_001], ids=["empty", "small", "two parts", "three parts"]
)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file; the sizes are those at which a store may do something else."""
    source = tmp_path / "source"
    source.write_bytes(bytes(range(251)) * (request.param // 251) + b"x" * (request.param % 251))
    return source


async def test_an_object_is_stored_once_and_read_back(store: Objects) -> None:
    assert await store.put("media/a/b.bin", b"body", "text/plain") is True
    assert await store.put("media/a/b.bin", b"body", "text/plain") is False
    assert await store.get("media/a/b.bin") == b"body"
    assert await store.exists("media/a/b.bin")
    assert not await store.exists("media/a/b")


@pytest.mark.parametrize("content_type", ["application/json", "text/html", "image/png"])
async def test_bytes_come_back_as_they_were(store: Objects, content_type: str) -> None:
    body = bytes(range(256)) * 40

    await store.put("k/one", body, content_type)

    assert await store.get("k/one") == body
    assert await store.put("k/one", body, content_type) is False


async def test_a_file_is_copied_once_whatever_its_size(store: Objects, source: Path) -> None:
    assert await store.put_file("k/one", source, "application/pdf") is True
    assert await store.put_file("k/one", source, "application/pdf") is False
    assert await store.get("k/one") == source.read_bytes()
    assert await store.keys("k/") == ["k/one"]


async def test_another_body_of_the_same_size_takes_the_place_of_the_first(store: Objects) -> None:
    await store.put("album/42.json", b"two items", "application/json")

    assert await store.put("album/42.json", b"six items", "application/json") is True
    assert await store.get("album/42.json") == b"six items"


async def test_a_file_of_another_size_takes_the_place_of_a_truncated_one(
    store: Objects, tmp_path: Path
) -> None:
    await store.put("k", b"half", "image/png")
    (tmp_path / "whole").write_bytes(b"whole body")

    assert await store.put_file("k", tmp_path / "whole", "image/png") is True
    assert await store.get("k") == b"whole body"


async def test_keys_are_listed_by_prefix_and_deleted(store: Objects) -> None:
    for key in ("a/1", "a/2", "ab/1", "б/1"):
        await store.put(key, b"x", "text/plain")

    assert await store.keys("a/") == ["a/1", "a/2"]
    assert await store.keys("a") == ["a/1", "a/2", "ab/1"]
    assert await store.delete("a/1") is True
    assert await store.delete("a/1") is False
    assert await store.keys("") == ["a/2", "ab/1", "б/1"]


async def test_everything_is_there_after_reopening(open_store: Open) -> None:
    async with open_store() as store:
        await store.put("k", b"body", "image/png")

    async with open_store() as store:
        assert await store.get("k") == b"body"


async def test_an_absent_object_is_said_in_a_sentence(store: Objects) -> None:
    with pytest.raises(RejectedError, match="no object a/1"):
        await store.get("a/1")


KEYS: Sequence[str] = ["../x", "a/../../x", "/etc/passwd", "", "a\x00b", "a\\..\\b", "a//b", "a/./b", "a/"]


@pytest.mark.parametrize("key", KEYS)
async def test_a_key_cannot_lead_elsewhere(store: Objects, key: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")

    with pytest.raises(RejectedError, match="cannot be the key"):
        await store.put(key, b"x", "text/plain")
    with pytest.raises(RejectedError, match="cannot be the key"):
        await store.put_file(key, tmp_path / "file", "text/plain")
    with pytest.raises(RejectedError, match="cannot be the key"):
        await store.get(key)
    with pytest.raises(RejectedError, match="cannot be the key"):
        await store.delete(key)
