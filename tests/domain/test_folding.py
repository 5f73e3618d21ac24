"""Letters as they are meant, and what is not wanted in whatever disguise."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.folding import folded, skeletons
from domain.tag_shape import told
from domain.tags import clean
from domain.vocabulary import Vocabulary

WORDS = Vocabulary(forbidden=("казино", "casino", "умный город"), generic=("сахар",))


@pytest.mark.parametrize(("text", "plain"), [
    ("казино\u0301", "казино"), ("ка\u0301зино", "казино"), ("каз\u034fино", "казино"), ("каз\ufe0fино", "казино"),
    ("каз\u3164ино", "казино"), ("каз\u2800ино", "казино"), ("ｃａｓｉｎｏ", "casino"), ("𝐜𝐚𝐬𝐢𝐧𝐨", "casino"),
    ("кaзино", "казино"), ("Cбербанк", "сбербанк"), ("саsino", "casino"), ("ｔ．ｍｅ／ｘ", "t.me/x"),
])  # fmt: skip
def test_what_nobody_sees_or_tells_apart_goes(text: str, plain: str) -> None:
    assert folded(text) == plain


@pytest.mark.parametrize("text", [
    "йод", "ёлка", "її", "ўсход", "école", "año", "việt nam", "हिन्दी", "ภาษา", "школа №5", "windows™", "м²", "½",
    "smsка", "vip-зал", "μtorrent", "c++", "умный_город", "ӑслӑ", "東京タワー", "1с", "ё-моё", "don’t",
])  # fmt: skip
def test_honest_words_stay_as_they_are(text: str) -> None:
    assert folded(text) == text


@pytest.mark.parametrize("text", ["и\u0306од", "и\u034f\u0306од", "И\u0306од"])
def test_a_letter_that_is_put_together_is_a_letter_of_its_own(text: str) -> None:
    assert folded(text) == "йод"
    assert skeletons(text) == {"йод"}


@given(st.text(st.characters() | st.sampled_from("кaзинocasiо\u0301\u0306\u034fИ ")))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize("word", [
    "казино\u0301", "ка\u0301зино", "каз\u034fино", "каз\ufe0fино", "каз\u3164ино", "каз\U000e0100ино", "казино\u200d",
    "кaзино", "кaзинo", "КAЗИHO", "caxap", "caxapa", "cαsino", "ｃａｓｉｎｏ", "ⓒⓐⓢⓘⓝⓞ", "кáзино", "ка\u0336зино",
    "каˊзино", "казинóм", "ка_зино", "ка-зино", "ка.зино", "ка зино", "к_a_зино", "умныйгород", "#умного_города",
    "умный_го\u0301род",
])  # fmt: skip
def test_what_is_forbidden_or_generic_is_so_in_every_disguise(word: str) -> None:
    assert clean([word], f"Сегодня открылось {word} на набережной", WORDS) == ()


@pytest.mark.parametrize(
    "word", ["касса", "казна", "казинский", "город", "умный", "сахарный", "сахалин", "casing"]
)
def test_other_words_are_no_disguise(word: str) -> None:
    assert clean([word], f"Сегодня {word} на набережной", WORDS) == (word,)


@pytest.mark.parametrize(("word", "kept"), [
    ("набе\u0301режной", "набережной"), ("наб\u034fережной", "набережной"), ("набeрежной", "набережной"),
    ("❤\ufe0f мост", "❤ мост"),
])  # fmt: skip
def test_a_tag_is_kept_without_what_is_not_seen(word: str, kept: str) -> None:
    assert clean([word], f"Сегодня на {word} гулянье", WORDS) == (kept,)
    assert clean([kept, word], f"Сегодня на {word} гулянье", WORDS) == (kept,)


@pytest.mark.parametrize(
    "text", ["кa" * 50_000, "a" * 100_000 + "я", "а\u0301" * 50_000, "кa\u034f_" * 25_000, "ｃ" * 100_000]
)
def test_no_text_takes_long(text: str) -> None:
    start = time.process_time()

    clean([text[:60], text, told(text)[:30]], text, WORDS)

    assert time.process_time() - start < 3
