"""F29: exports that want out of their folder, into the machine, or to choke whoever reads them."""

import json
import os
from pathlib import Path
from typing import Any, Final

from adapters.desktop_export.errors import ImportRefusedError
from tests.chaos.batch import ENDED, INDEXED
from tests.chaos.case import Case, in_a_house
from tests.chaos.table import Fault

SECRET: Final = "не для чужих глаз"
#: Paths that an export may name; none of them is a file of the export.
PATHS: Final = (
    "../secret.txt", "photos/../../secret.txt", "..\\secret.txt", "C:\\secret.txt", "link.txt", "device.bin",
    "/etc/hostname", "/dev/zero", "CON", "nul.jpg", "pipe.bin", "я" * 200 + ".jpg", "a\x00b.jpg", "photos/",
    "\u202egpj.exe", "-rf", "$(reboot).jpg",
)  # fmt: skip


async def hostile_exports(case: Case) -> None:
    """Files outside of the folder are not taken, names do no harm, and what cannot be read is refused in a sentence."""
    batch = case.batch(6000)
    for path in PATHS:
        batch.add_text(INDEXED, file=path, mime_type="text/plain")
    _set_traps(batch.folder)
    await case.bring(batch)
    await case.bring(_named_in_cyrillic(case))
    await _refused(case)
    await _twice_the_same_key(case)
    await case.settle()
    case.found.lost += [f"{path} holds what is outside of the export" for path in _leaks(case)]


def _set_traps(folder: Path) -> None:
    """What the paths lead to, should anybody follow them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder.parent / "secret.txt").write_text(SECRET)
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "device.bin").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.bin")


def _named_in_cyrillic(case: Case) -> Any:
    """A file whose name takes as many bytes as a file system allows."""
    batch = case.batch(6001, "кириллица")
    name = "ы" * 120 + ".txt"
    batch.folder.mkdir(parents=True, exist_ok=True)
    (batch.folder / name).write_text("протокол заседания")
    batch.add_text(INDEXED, file=name, file_name=name, mime_type="text/plain")
    return batch


async def _refused(case: Case) -> None:
    """Exports that nobody can read end with a sentence."""
    deep = "[" * 100_000 + "]" * 100_000
    for name, body in {
        "deep": deep,
        "half": '{"messages": [{"id": 1',
        "empty": "",
        "no export": "[]",
    }.items():
        folder = case.folder / name
        folder.mkdir(parents=True)
        (folder / "result.json").write_text(body)
        try:
            await case.house.bring(folder, case.tenant)
        except ImportRefusedError:
            continue
        case.found.lost.append(f"the {name} export was taken without a word")


async def _twice_the_same_key(case: Case) -> None:
    """Keys that come twice: some post comes of it, and one only."""
    batch = case.batch(6002, "twice")
    number = batch.add_text(ENDED)
    case.expected.expect(batch)
    folder = batch.written()
    body = (folder / "result.json").read_text()
    twice = json.dumps({"text": "другие слова о ремонте моста"})[1:-1]
    (folder / "result.json").write_text(
        body.replace(f'"id": {number},', f'"id": 4711, "id": {number}, {twice},', 1)
    )
    await case.house.bring(folder, case.tenant)


def _leaks(case: Case) -> list[Path]:
    """Return the objects that hold what lies outside of every export."""
    objects = case.house.folder / "objects"
    files = [path for path in objects.rglob("*") if path.is_file()]
    outside = [path for path in files if not path.resolve().is_relative_to(objects.resolve())]
    return outside + [path for path in files if SECRET.encode() in path.read_bytes()]


FAULTS: Final = (Fault("F29", "exports with hostile paths, names and shapes", in_a_house(hostile_exports)),)
