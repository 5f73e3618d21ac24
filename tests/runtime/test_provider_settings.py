"""Who is asked, and with which key: what is missing is told at the start, all at once."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from runtime.provider_settings import GigaChatSettings, ProviderSettings
from runtime.settings import Settings, SettingsError, load_settings

KEY = "aWQ6c2VjcmV0"


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def loaded(monkeypatch: pytest.MonkeyPatch, **variables: Any) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(f"POSTLOOM_{name}", str(value))
    return load_settings()


@pytest.mark.parametrize(
    ("tags", "taggers"),
    [
        ("local", ("local",)),
        ("faulty", ("faulty",)),
        ("gigachat", ("gigachat",)),
        ("gigachat,openai,local", ("gigachat", "openai", "local")),
        (" openai , gigachat ", ("openai", "gigachat")),
    ],
)
def test_taggers_are_asked_in_the_order_that_they_stand_in(tags: str, taggers: tuple[str, ...]) -> None:
    assert ProviderSettings(tags=tags).taggers == taggers


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        ("", "there are: local, faulty, gigachat, openai"),
        ("gpt", "there is no gpt"),
        ("gigachat,", "there are: local"),
        ("gigachat,gigachat", "twice"),
        ("local,gigachat", "nobody is asked after it"),
        ("faulty,local", "faulty stands alone"),
    ],
)
def test_an_order_that_makes_no_sense_is_told(monkeypatch: pytest.MonkeyPatch, tags: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        loaded(monkeypatch, PROVIDERS__TAGS=tags)


@pytest.mark.parametrize("name", ["gigachat", "local", "", "a b", "Öl", "a" * 33])
def test_a_service_has_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(SettingsError, match="POSTLOOM_OPENAI__NAME"):
        loaded(monkeypatch, OPENAI__NAME=name)
    assert loaded(monkeypatch, OPENAI__NAME="vllm.house-1").openai.name == "vllm.house-1"


@pytest.mark.parametrize("who", ["TAGS", "VISION", "EMBEDDER"])
def test_whoever_asks_gigachat_needs_a_key(monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    with pytest.raises(
        SettingsError, match="POSTLOOM_GIGACHAT: it is asked: POSTLOOM_GIGACHAT__CREDENTIALS or"
    ):
        loaded(monkeypatch, **{f"PROVIDERS__{who}": "gigachat"})


def test_nobody_else_needs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert loaded(monkeypatch).gigachat.key() is None


def test_the_key_comes_from_the_environment_or_from_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    given = GigaChatSettings(credentials=SecretStr(KEY))
    filed = loaded(
        monkeypatch, PROVIDERS__TAGS="gigachat", GIGACHAT__CREDENTIALS_FILE=tmp_path / "key"
    ).gigachat

    assert given.key() == filed.key() == SecretStr(KEY)
    assert KEY not in repr(given)


def test_every_mistake_is_told_at_once_and_no_key_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text(" \n")

    with pytest.raises(SettingsError) as raised:
        loaded(
            monkeypatch,
            HTTP_PORT="many",
            PROVIDERS__TAGS="gigachat,openai",
            GIGACHAT__CREDENTIALS=KEY,
            GIGACHAT__CREDENTIALS_FILE=tmp_path / "nowhere",
            GIGACHAT__CA_BUNDLE=tmp_path / "nothing.pem",
            OPENAI__API_KEY_FILE=tmp_path / "empty",
        )

    said = str(raised.value)
    assert "POSTLOOM_HTTP_PORT: " in said
    assert "POSTLOOM_GIGACHAT: credentials and credentials_file are one too many" in said
    assert f"ca_bundle: there is no file {tmp_path / 'nothing.pem'}" in said
    assert f"POSTLOOM_OPENAI: api_key_file: {tmp_path / 'empty'} is empty" in said
    assert KEY not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GIGACHAT__BASE_URL", "gigachat.example.org"),
        ("GIGACHAT__BASE_URL", "https://user:secret@gigachat.example.org"),
        ("GIGACHAT__SCOPE", "GIGACHAT_API_ALL"),
        ("GIGACHAT__CONCURRENCY", "0"),
        ("GIGACHAT__TIMEOUT", "600"),
        ("OPENAI__BASE_URL", "ftp://example.org"),
        ("OPENAI__MODEL", ""),
    ],
)
def test_a_value_that_cannot_be_is_told(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"POSTLOOM_{name}: "):
        loaded(monkeypatch, **{name: value})
