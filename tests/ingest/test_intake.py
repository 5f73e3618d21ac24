import hashlib
import os
from pathlib import Path
from uuid import UUID

import pytest

from adapters.desktop_export.model import ExportedFile
from adapters.folder import FolderStore
from contracts.errors import RefusedError
from contracts.identity import digest
from ingest.intake import Intake, inspect
from tests.ingest.exports import PNG

_TENANT, _POST = UUID(int=1), UUID(int=2)
_LIMIT = 1000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "export"
    (inside / "photos").mkdir(parents=True)
    (inside / "photos" / "a.png").write_bytes(PNG)
    (inside / "empty.jpg").touch()
    (inside / "big.jpg").write_bytes(PNG + bytes(_LIMIT))
    (inside / "garbage.jpg").write_bytes(b"not a picture")
    (tmp_path / "secret.txt").write_text("secret")
    (inside / "link.jpg").symlink_to(tmp_path / "secret.txt")
    (inside / "device.jpg").symlink_to("/dev/zero")
    (inside / "within.png").symlink_to(inside / "photos" / "a.png")
    os.mkfifo(inside / "pipe.jpg")
    return inside


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("(File not included. Change data exporting settings to download.)", "not_included"),
        (
            "video.mp4 (File exceeds maximum size. Change data exporting settings to download.)",
            "exceeds_size",
        ),
        ("(File unavailable, please try again later)", "unavailable"),
        ("photos/none.jpg", "file_missing"),
        ("photos", "path_escapes"),
        ("я" * 200, "file_missing"),
        ("a\x00b.jpg", "file_missing"),
        ("\ud83d.jpg", "file_missing"),
        ("../secret.txt", "path_escapes"),
        ("photos/../../secret.txt", "path_escapes"),
        ("..\\secret.txt", "path_escapes"),
        ("C:\\secret.txt", "path_escapes"),
        ("/etc/passwd", "path_escapes"),
        ("link.jpg", "path_escapes"),
        ("device.jpg", "path_escapes"),
        ("pipe.jpg", "path_escapes"),
        ("empty.jpg", "zero_byte"),
        ("big.jpg", "oversized"),
        ("garbage.jpg", "mislabelled"),
    ],
)
def test_a_file_that_will_not_do_says_why(folder: Path, path: str, reason: str) -> None:
    assert inspect(folder, ExportedFile(path=path, mime="image/jpeg"), _LIMIT).missing == reason


def test_a_link_within_the_folder_is_followed(folder: Path) -> None:
    assert inspect(folder, ExportedFile(path="within.png", mime="image/png"), _LIMIT).missing is None


def test_the_stored_type_is_the_real_one(folder: Path) -> None:
    found = inspect(folder, ExportedFile(path="photos/a.png", mime="image/jpeg"), _LIMIT)

    assert (found.mime, found.extension) == ("image/png", "png")


def test_a_file_of_no_known_type_keeps_what_the_export_says(folder: Path) -> None:
    (folder / "notes.txt").write_text("заметки")

    found = inspect(folder, ExportedFile(path="notes.txt", name="notes.txt", mime="text/plain"), _LIMIT)

    assert (found.missing, found.mime, found.extension) == (None, "text/plain", "txt")


async def test_the_same_bytes_are_stored_once_for_a_tenant(folder: Path, tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "objects")
    intake = Intake(folder, _TENANT, store, _LIMIT)
    declared = ExportedFile(path="photos/a.png", mime="image/png")

    row, first = await intake.take(declared, _POST)
    _, second = await intake.take(declared, UUID(int=3))

    sha256 = hashlib.sha256(PNG).hexdigest()
    assert (first, second) == ("stored", "known")
    assert row.s3_key == f"media/{_TENANT}/{sha256[:2]}/{sha256}.png"
    assert await store.keys("") == [row.s3_key]


async def test_a_file_without_bytes_has_a_hash_of_its_own(folder: Path, tmp_path: Path) -> None:
    intake = Intake(folder, _TENANT, FolderStore(tmp_path / "objects"), _LIMIT)

    row, outcome = await intake.take(ExportedFile(path="empty.jpg", mime="image/jpeg"), _POST)

    assert outcome == row.missing == "zero_byte"
    assert row.sha256 == digest("missing", _POST, 0)
    assert row.s3_key is None


class FullStore:
    """A store without room."""

    async def put_file(self, key: str, source: Path, content_type: str) -> bool:
        raise RefusedError("no room", "quota")


async def test_a_file_that_the_store_has_no_room_for_is_missing_with_that_reason(folder: Path) -> None:
    intake = Intake(folder, _TENANT, FullStore(), _LIMIT)

    row, outcome = await intake.take(ExportedFile(path="photos/a.png", mime="image/png"), _POST)

    assert outcome == row.missing == "quota"
    assert (row.s3_key, row.sha256) == (None, digest("missing", _POST, 0))
