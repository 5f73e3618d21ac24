"""Text as it is compared, and tags as they are kept."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import tags
from domain.text import content_hash, normalized, storable, tags_hash, word_count


@pytest.mark.parametrize(("raw", "clean"), [
    ("  два\n\tслова ", "два слова"), ("тра\u200bмвай", "трамвай"), ("и\u0306", "й"), ("a\u00adb", "ab"), ("", ""),
])  # fmt: skip
def test_text_is_normalised(raw: str, clean: str) -> None:
    assert normalized(raw) == clean


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalized(normalized(text)) == normalized(text)


@given(st.text())
def test_what_is_storable_can_be_stored(text: str) -> None:
    kept = storable(f"{text}\x00\ud800")

    assert kept.encode("utf-8")
    assert "\x00" not in kept


def test_the_content_hash_is_the_contracts() -> None:
    assert content_hash(" Два\n СЛОВА ") == hashlib.sha256("два слова".encode()).hexdigest()


def test_the_tags_hash_is_the_contracts() -> None:
    expected = hashlib.sha256('["а", "б"]'.encode()).hexdigest()

    assert tags_hash(("б", "а", "", "б")) == expected


@pytest.mark.parametrize(("text", "words"), [("", 0), ("одно", 1), (" два  слова ", 2)])
def test_words_are_counted(text: str, words: int) -> None:
    assert word_count(text) == words


@pytest.mark.parametrize(("text", "has_picture", "reason"), [
    ("", False, "no_text"), (" \n", True, "no_text"), ("к" * 79, False, "text_too_short"), ("к" * 79, True, None),
    ("к" * 80, False, None),
])  # fmt: skip
def test_too_little_text_is_not_tagged(text: str, has_picture: bool, reason: str | None) -> None:
    assert tags.refusal(text, has_picture=has_picture) == reason
