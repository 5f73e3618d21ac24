from pathlib import Path

import pytest

from adapters.folder import FolderStore
from contracts.errors import RejectedError, UnavailableError


async def test_an_object_is_stored_once_and_read_back(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)

    assert await store.put("media/a/b.bin", b"body", "text/plain") is True
    assert await store.put("media/a/b.bin", b"body", "text/plain") is False
    assert await store.get("media/a/b.bin") == b"body"
    assert await store.exists("media/a/b.bin")


async def test_a_file_is_copied_and_nothing_half_written_is_left(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)
    store = FolderStore(tmp_path / "objects")

    assert await store.put_file("k/one", source, "text/plain") is True
    assert await store.put_file("k/one", source, "text/plain") is False
    assert await store.get("k/one") == source.read_bytes()
    assert [path.name for path in (tmp_path / "objects" / "k").iterdir()] == ["one"]


async def test_a_truncated_object_is_written_again(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    await store.put("k", b"whole body", "text/plain")
    (tmp_path / "k").write_bytes(b"half")

    assert await store.put("k", b"whole body", "text/plain") is True
    assert await store.get("k") == b"whole body"


async def test_another_body_of_the_same_size_takes_the_place_of_the_first(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    await store.put("album/42.json", b"two items", "application/json")

    assert await store.put("album/42.json", b"six items", "application/json") is True
    assert await store.get("album/42.json") == b"six items"


async def test_keys_are_listed_by_prefix_and_deleted(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for key in ("a/1", "a/2", "b/1"):
        await store.put(key, b"x", "text/plain")

    assert await store.keys("a/") == ["a/1", "a/2"]
    assert await store.delete("a/1") is True
    assert await store.delete("a/1") is False
    assert await store.keys("") == ["a/2", "b/1"]


async def test_an_absent_object_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RejectedError, match="no object a/1"):
        await FolderStore(tmp_path).get("a/1")


async def test_a_folder_that_cannot_be_written_may_be_writable_later(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UnavailableError, match="cannot be written"):
        await FolderStore(tmp_path / "file").put("a/b", b"x", "text/plain")


@pytest.mark.parametrize("key", ["../x", "a/../../x", "/etc/passwd", "", "a\x00b", "a\\..\\b"])
async def test_a_key_cannot_leave_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(RejectedError, match="cannot be the key"):
        await FolderStore(tmp_path).put(key, b"x", "text/plain")
