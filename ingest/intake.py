"""Media on its way in: from a path that an export names to an object, or to the reason why there is none."""

import asyncio
import hashlib
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final
from uuid import UUID

import filetype
from pydantic import BaseModel, ConfigDict

from adapters.desktop_export.model import ExportedFile
from adapters.postgres.ingest_rows import MediaRow
from contracts.errors import RefusedError
from contracts.identity import digest
from ingest.options import ObjectStore

#: What Telegram Desktop writes in the place of a path, with or without the file's name before it.
_SENTENCES: Final = (
    ("File not included", "not_included"),
    ("File exceeds maximum size", "exceeds_size"),
    ("File unavailable", "unavailable"),
)
_CHUNK: Final = 1 << 20
_SVG: Final = "image/svg+xml"


class LocalFile(BaseModel):
    """A file as found on disk: its bytes' hash and real type, or ``missing`` saying why it will not do."""

    model_config = ConfigDict(frozen=True)

    missing: str | None = None
    path: Path | None = None
    sha256: str = ""
    size: int = 0
    mime: str = ""
    extension: str = "bin"


class Intake:
    """Takes the files of one export into the store of one tenant."""

    def __init__(self, folder: Path, tenant_id: UUID, objects: ObjectStore, max_bytes: int) -> None:
        self._folder, self._tenant = folder.resolve(), tenant_id
        self._objects, self._max_bytes = objects, max_bytes
        self._slots = asyncio.Semaphore(4)
        self._taken: dict[str, tuple[Path, str]] = {}

    async def take(self, declared: ExportedFile, owner: UUID, position: int = 0) -> tuple[MediaRow, str]:
        """Store a file by its content, unless it is stored; return its row and the outcome for the report.

        ``owner`` is the id of the post or the channel picture whose file it is.

        Raises:
            UnavailableError: the object store did not answer.
        """
        async with self._slots:
            found = await asyncio.to_thread(inspect, self._folder, declared, self._max_bytes)
            if found.missing or found.path is None:
                return _missing(found, declared, owner, position)
            key = f"media/{self._tenant}/{found.sha256[:2]}/{found.sha256}.{found.extension}"
            try:
                new = await self._objects.put_file(key, found.path, found.mime)
            except RefusedError as refused:
                refused_file = found.model_copy(update={"missing": refused.reason})
                return _missing(refused_file, declared, owner, position)
            self._taken[key] = (found.path, found.mime)
        row = MediaRow(
            sha256=found.sha256, mime=found.mime, size_bytes=found.size, s3_key=key, position=position
        )
        return row, "stored" if new else "known"

    async def make_sure(self) -> None:
        """Store once more, now that the archive refers to them, what a deletion took away after it was taken.

        Raises:
            UnavailableError: the object store did not answer.
        """
        await asyncio.gather(*(self._make_sure(key, *taken) for key, taken in self._taken.items()))

    async def _make_sure(self, key: str, path: Path, mime: str) -> None:
        async with self._slots:
            await self._objects.put_file(key, path, mime)


def _missing(found: LocalFile, declared: ExportedFile, owner: UUID, position: int) -> tuple[MediaRow, str]:
    """Return the row of a file without bytes, known by its place, and why there are none."""
    row = MediaRow(
        sha256=digest("missing", owner, position),
        mime=declared.mime,
        size_bytes=found.size,
        missing=found.missing,
        position=position,
    )
    return row, str(found.missing)


def inspect(folder: Path, declared: ExportedFile, max_bytes: int) -> LocalFile:
    """Return what stands at the path that an export names, read once, in chunks; ``folder`` is resolved."""
    for sentence, reason in _SENTENCES:
        if sentence in declared.path:
            return LocalFile(missing=reason)
    try:
        path = _confined(folder, declared.path)
        if path is None:
            return LocalFile(missing="path_escapes")
        size = path.stat().st_size
        if not size or size > max_bytes:
            return LocalFile(missing="oversized" if size else "zero_byte", size=size)
        return _typed(path, size, declared)
    except (OSError, ValueError):
        return LocalFile(missing="file_missing")


def _confined(folder: Path, named: str) -> Path | None:
    """The file itself, None when it is not a plain file inside the folder, whatever links lead there."""
    parts = (*PurePosixPath(named).parts, *PureWindowsPath(named).parts)
    if ".." in parts or PurePosixPath(named).is_absolute() or PureWindowsPath(named).anchor:
        return None
    path = (folder / named).resolve(strict=True)
    return path if path.is_relative_to(folder) and stat.S_ISREG(path.stat().st_mode) else None


def _typed(path: Path, size: int, declared: ExportedFile) -> LocalFile:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        start = file.read(_CHUNK)
        hashed.update(start)
        while chunk := file.read(_CHUNK):
            hashed.update(chunk)
    kind = filetype.guess(start[:8192])
    if kind is None and declared.mime.startswith("image/") and not _is_svg(start, declared.mime):
        return LocalFile(missing="mislabelled", size=size)
    mime, extension = (kind.mime, kind.extension) if kind else (declared.mime, _extension(declared))
    return LocalFile(path=path, sha256=hashed.hexdigest(), size=size, mime=mime, extension=extension)


def _is_svg(start: bytes, mime: str) -> bool:
    return mime == _SVG and start.lstrip().startswith((b"<?xml", b"<svg"))


def _extension(declared: ExportedFile) -> str:
    """A short harmless extension from the file's name, ``bin`` when it has none."""
    suffix = PurePosixPath(declared.name or "").suffix.lstrip(".").lower()
    return suffix if suffix.isascii() and suffix.isalnum() and len(suffix) <= 8 else "bin"
