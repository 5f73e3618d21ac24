"""A setting whose name is mistaken is nobody's: it is told with the one that may be meant."""

from pathlib import Path

import pytest

from runtime.setting_names import strangers


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for sentence in strangers():
        monkeypatch.delenv(sentence.split(";")[0].removeprefix("there is no setting "), raising=False)


def test_a_letter_too_few_is_told_with_what_is_meant(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("POSTLOOM_GIGACHAT__CREDENTIAL", "x")
    (tmp_path / ".env").write_text("POSTLOOM_ZZZ=1\nPOSTLOOM_DATA_DIR=data\n", encoding="utf-8")

    assert strangers() == [
        "there is no setting POSTLOOM_GIGACHAT__CREDENTIAL; is POSTLOOM_GIGACHAT__CREDENTIALS meant?",
        "there is no setting POSTLOOM_ZZZ",
    ]


def test_settings_that_are_are_no_strangers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTLOOM_S3__BUCKET", "posts")
    monkeypatch.setenv("POSTLOOM_TEMPORAL__UI", "false")

    assert strangers() == []
