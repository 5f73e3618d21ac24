"""What is the folder's own: files that are whole, and a disk that will not."""

from pathlib import Path

import pytest

from adapters.folder import FolderStore
from contracts.errors import UnavailableError


async def test_nothing_half_written_is_left(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)

    await FolderStore(tmp_path / "objects").put_file("k/one", source, "text/plain")

    assert [path.name for path in (tmp_path / "objects" / "k").iterdir()] == ["one"]


async def test_a_truncated_object_is_written_again(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    await store.put("k", b"whole body", "text/plain")
    (tmp_path / "k").write_bytes(b"half")

    assert await store.put("k", b"whole body", "text/plain") is True
    assert await store.get("k") == b"whole body"


async def test_a_folder_that_cannot_be_written_may_be_writable_later(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UnavailableError, match="cannot be written"):
        await FolderStore(tmp_path / "file").put("a/b", b"x", "text/plain")


async def test_what_is_stored_is_a_file_that_anybody_can_read(tmp_path: Path) -> None:
    await FolderStore(tmp_path).put("vision/one.json", b'{"a": 1}', "application/json")

    assert (tmp_path / "vision" / "one.json").read_bytes() == b'{"a": 1}'
