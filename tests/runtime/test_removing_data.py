"""Removing a data folder: all of it, and never from under a running service."""

import subprocess
import sys
from pathlib import Path

from runtime.embedded.files import RunFolder

SCRIPT = Path(__file__).parents[2] / "scripts" / "remove_data.py"


def _removed(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)], capture_output=True, text=True, check=False
    )


def test_a_folder_that_nobody_uses_is_removed(tmp_path: Path) -> None:
    (tmp_path / "data" / "objects").mkdir(parents=True)

    done = _removed(tmp_path / "data")

    assert done.returncode == 0
    assert not (tmp_path / "data").exists()


def test_a_folder_that_a_service_holds_stays(tmp_path: Path) -> None:
    with RunFolder(tmp_path).locked():
        done = _removed(tmp_path)

    assert done.returncode == 1
    assert "A service runs in" in done.stderr
    assert (tmp_path / "run" / "lock").exists()


def test_a_folder_with_other_things_stays(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()

    done = _removed(tmp_path)

    assert done.returncode == 1
    assert "thesis.txt" in done.stderr
    assert (tmp_path / "thesis.txt").exists()


def test_a_run_folder_that_has_gone_does_not_stop_the_end(tmp_path: Path) -> None:
    run = RunFolder(tmp_path / "data")
    (tmp_path / "data" / "run").rmdir()

    run.remember_servers(())

    assert not (tmp_path / "data" / "run").exists()
