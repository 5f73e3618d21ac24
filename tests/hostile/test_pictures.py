"""No picture takes the process's memory or its time, whatever it is made of."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from activities.gathering import LARGEST
from tests.hostile.bombs import BOMBS
from tests.hostile.disguises import DAMAGED, DISGUISES
from tests.hostile.picture_case import HostilePicture

_ROOT: Final = Path(__file__).parents[2]
PICTURES: Final = (*BOMBS, *DISGUISES, *DAMAGED)
#: Pictures in one request.
MOST: Final = 10
MOST_MEMORY: Final = 300_000_000
#: Of the processor; the look at a picture may take 90 seconds by the clock.
MOST_SECONDS: Final = 20.0


File = tuple[str, str]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, File]]:
    """Each picture as a file, with what its post says that it is."""
    folder = tmp_path_factory.mktemp("pictures")
    made = {picture.name: (str(folder / str(n)), picture.mime) for n, picture in enumerate(PICTURES)}
    for picture in PICTURES:
        Path(made[picture.name][0]).write_bytes(picture.make())
    yield made
    for file in folder.iterdir():
        file.unlink()


@pytest.fixture(scope="module")
def gigachat() -> Iterator[str]:
    """A fake GigaChat in a process of its own, so that its memory is not ours."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.servers.gigachat", "--port", "0"],
        cwd=_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().partition("=")[2].strip().removesuffix("/api/v1")
        process.terminate()


def looked_at(folder: Path, looks: Sequence[Sequence[File]], *gigachat: str) -> dict[str, Any]:
    """Look at the files in one process of its own; return how it ended, and what it said of each look."""
    (folder / "list.json").write_text(json.dumps(looks), encoding="utf-8")
    words = [sys.executable, "-m", "tests.hostile.look", str(folder / "list.json"), *gigachat]
    done = subprocess.run(words, cwd=_ROOT, capture_output=True, text=True, timeout=500, check=False)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    return {"status": done.returncode, "error": done.stderr[-2000:], "looks": said}


@pytest.fixture(scope="module", params=["locally", "by gigachat"])
def alone(
    request: pytest.FixtureRequest, files: dict[str, File], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What became of each picture, looked at alone; ``by`` says by whom."""
    by = [request.getfixturevalue("gigachat")] if request.param == "by gigachat" else []
    folder = tmp_path_factory.mktemp("alone")
    done = looked_at(folder, [[files[picture.name]] for picture in PICTURES], *by)
    return {**done, "by": request.param}


def test_the_process_survives_them_all(alone: dict[str, Any]) -> None:
    assert (alone["status"], alone["error"]) == (0, "")


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_hostile_picture_ends_quickly_and_as_it_should(
    alone: dict[str, Any], picture: HostilePicture
) -> None:
    look = alone["looks"][PICTURES.index(picture)]

    seen = "seen" if alone["by"] == "by gigachat" else f"seen: {picture.seen}"
    assert look["outcomes"] == [seen if picture.seen else f"refused: {picture.refused}"]
    assert look["peak"] < MOST_MEMORY
    assert look["seconds"] < MOST_SECONDS


@pytest.fixture(scope="module")
def together(
    files: dict[str, File], gigachat: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """What became of as many in a request as go in one, first of those that take the most memory."""
    looks: list[list[File]] = [[files["png as large as is allowed"]] * MOST, []]
    for file in sorted(files.values(), key=size):
        if len(looks[-1]) == MOST or sum(map(size, [*looks[-1], file])) > LARGEST:
            looks.append([])
        looks[-1].append(file)
    assert max(map(len, looks)) == MOST and max(sum(map(size, look)) for look in looks[:-3]) > LARGEST / 2
    return looked_at(tmp_path_factory.mktemp("together"), looks, gigachat)


def size(file: File) -> int:
    return Path(file[0]).stat().st_size


def test_ten_hostile_pictures_in_one_request_take_no_more_memory_than_one(together: dict[str, Any]) -> None:
    assert (together["status"], together["error"]) == (0, "")
    assert sum(len(look["outcomes"]) for look in together["looks"]) == len(PICTURES) + MOST
    assert together["looks"][0]["outcomes"] == ["seen"] * MOST
    assert [look for look in together["looks"] if look["peak"] >= MOST_MEMORY] == []


def test_every_picture_has_a_name_of_its_own() -> None:
    assert len({picture.name for picture in PICTURES}) == len(PICTURES) >= 60
