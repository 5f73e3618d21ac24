"""deploy/.env.example names every setting, with its default, and nothing else."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest
from pydantic import BaseModel

from runtime.setting_names import names_of
from runtime.settings import Settings

_EXAMPLE: Final = Path(__file__).parents[2] / "deploy" / ".env.example"
_SETTING: Final = re.compile(r"#(POSTLOOM_[A-Z0-9_]+)=(.*)")


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, _ in _settings(Settings(_env_file=None), "POSTLOOM_"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def _settings(part: BaseModel, prefix: str) -> Iterator[tuple[str, Any]]:
    """Every setting by the name of its variable, with its value."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        if isinstance(value, BaseModel):
            yield from _settings(value, f"{prefix}{name.upper()}__")
        else:
            yield f"{prefix}{name.upper()}", value


def _lines() -> list[str]:
    return _EXAMPLE.read_text(encoding="utf-8").splitlines()


def _examples() -> list[tuple[str, str]]:
    return [(found[1], found[2]) for line in _lines() if (found := _SETTING.fullmatch(line))]


def _written_out(folder: Path) -> Path:
    file = folder / "all.env"
    file.write_text("\n".join(f"{name}={value}" for name, value in _examples()), encoding="utf-8")
    return file


def test_every_setting_stands_in_the_example_once_and_nothing_else_does() -> None:
    names = [name for name, _ in _examples()]

    assert sorted(names) == sorted(name for name, _ in _settings(Settings(_env_file=None), "POSTLOOM_"))
    assert sorted(names) == sorted(names_of())


def test_every_setting_has_a_sentence_above_it() -> None:
    pairs = pairwise(_lines())
    bare = [line for above, line in pairs if _SETTING.fullmatch(line) and not above.startswith("# ")]

    assert bare == []


def test_the_file_as_it_ships_changes_nothing() -> None:
    assert Settings(_env_file=_EXAMPLE) == Settings(_env_file=None)


def test_what_is_written_is_the_default_or_where_there_is_none_an_example_that_can_be_used(
    tmp_path: Path,
) -> None:
    defaults = dict(_settings(Settings(_env_file=None), "POSTLOOM_"))
    written = dict(_settings(Settings(_env_file=_written_out(tmp_path)), "POSTLOOM_"))

    other = {name for name, value in written.items() if value != defaults[name]}
    assert other == {name for name, value in defaults.items() if value is None}
