"""No picture takes the process's memory or its time, whatever it is made of."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.hostile.bombs import BOMBS
from tests.hostile.disguises import DAMAGED, DISGUISES
from tests.hostile.picture_case import HostilePicture

_ROOT: Final = Path(__file__).parents[2]
PICTURES: Final = (*BOMBS, *DISGUISES, *DAMAGED)
MOST_MEMORY: Final = 300_000_000
#: Of the processor; the look at a picture may take 90 seconds by the clock.
MOST_SECONDS: Final = 20.0


@pytest.fixture(scope="module")
def looks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of each picture; they are looked at in one process of their own."""
    folder = tmp_path_factory.mktemp("pictures")
    listed = [(picture.name, str(folder / str(n)), picture.mime) for n, picture in enumerate(PICTURES)]
    for picture, (_, file, _) in zip(PICTURES, listed, strict=True):
        Path(file).write_bytes(picture.make())
    (folder / "list.json").write_text(json.dumps(listed), encoding="utf-8")
    words = [sys.executable, "-m", "tests.hostile.look", str(folder / "list.json")]
    done = subprocess.run(words, cwd=_ROOT, capture_output=True, text=True, timeout=500, check=False)
    said = {look["name"]: look for look in map(json.loads, done.stdout.splitlines())}
    return {"status": done.returncode, "error": done.stderr[-2000:], **said}


@pytest.fixture(scope="module", autouse=True)
def _files_are_removed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    yield
    for file in tmp_path_factory.getbasetemp().glob("pictures*/*"):
        file.unlink()


def test_the_process_survives_them_all(looks: dict[str, Any]) -> None:
    assert (looks["status"], looks["error"]) == (0, "")


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_hostile_picture_ends_quickly_and_as_it_should(
    looks: dict[str, Any], picture: HostilePicture
) -> None:
    look = looks[picture.name]

    expected = f"seen: {picture.seen}" if picture.seen else f"refused: {picture.refused}"
    assert look["outcome"] == expected
    assert look["peak"] < MOST_MEMORY
    assert look["seconds"] < MOST_SECONDS


def test_every_picture_has_a_name_of_its_own() -> None:
    assert len({picture.name for picture in PICTURES}) == len(PICTURES) >= 60
