"""Objects in a folder: the object store of one machine. Each is a file with the bytes as they are."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final
from uuid import uuid4

from adapters.object_keys import parts_of
from contracts.errors import RejectedError, UnavailableError

_CHUNK: Final = 1 << 20
#: Half-written files begin like this; they are never listed.
_PART: Final = ".part-"


class FolderStore:
    """Keeps each object as a file under ``root``; a file is either whole or not there."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, key: str, body: bytes, content_type: str) -> bool:
        """Store ``body`` in place of what the key had; False when that was the same bytes.

        Raises:
            RejectedError: the key would leave the folder.
            UnavailableError: the folder cannot be written, or the disk is full.
        """
        del content_type  # a folder keeps no types; the database knows them
        with _our_errors():
            return await asyncio.to_thread(self._put, self._path(key), body)

    async def put_file(self, key: str, source: Path, content_type: str) -> bool:
        """Store a copy of ``source``, in chunks; False when an object of that key and size is there already.

        For keys that follow from the content: there the same size is the same file, written whole.

        Raises:
            RejectedError: the key would leave the folder.
            UnavailableError: the folder cannot be written, or the disk is full.
        """
        del content_type
        with _our_errors():
            return await asyncio.to_thread(self._put_file, self._path(key), source)

    async def get(self, key: str) -> bytes:
        """Return the object's bytes.

        Raises:
            RejectedError: there is no such object, or the key would leave the folder.
        """
        path = self._path(key)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise RejectedError(f"no object {key} in the folder of objects") from error

    async def exists(self, key: str) -> bool:
        """Whether the object is there."""
        return await asyncio.to_thread(self._path(key).is_file)

    async def delete(self, key: str) -> bool:
        """Remove the object; False when there was none."""
        return await asyncio.to_thread(_unlink, self._path(key))

    async def keys(self, prefix: str) -> list[str]:
        """Return the keys that begin with ``prefix``, sorted."""
        return await asyncio.to_thread(self._keys, prefix)

    def _path(self, key: str) -> Path:
        return self._root.joinpath(*parts_of(key))

    def _put(self, path: Path, body: bytes) -> bool:
        if _size(path) == len(body) and path.read_bytes() == body:
            return False
        with _replacing(path) as file:
            file.write(body)
        return True

    def _put_file(self, path: Path, source: Path) -> bool:
        if _size(path) == source.stat().st_size:
            return False
        with source.open("rb") as origin, _replacing(path) as file:
            while chunk := origin.read(_CHUNK):
                file.write(chunk)
        return True

    def _keys(self, prefix: str) -> list[str]:
        files = (path for path in self._root.rglob("*") if path.is_file() and not path.name.startswith(_PART))
        keys = (path.relative_to(self._root).as_posix() for path in files)
        return sorted(key for key in keys if key.startswith(prefix))


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnavailableError(f"the folder of objects cannot be written: {error}") from error


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return None


def _unlink(path: Path) -> bool:
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """Write beside ``path`` and put it in place at the end, so that a crash leaves no half object."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{_PART}{uuid4().hex}")
    try:
        with part.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
