"""Recommended commands lead to the archive at hand."""

from pathlib import Path

import pytest

from cli.hints import command, make


def test_the_usual_folder_need_not_be_named() -> None:
    assert make("up", Path("data")) == "make up"
    assert "POSTLOOM_DATA_DIR" not in command(Path("data"))


def test_another_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert make("up", Path("my data")) == "make up DATA='my data'"
    assert command(Path("/srv/posts")).startswith("POSTLOOM_DATA_DIR=/srv/posts ")
