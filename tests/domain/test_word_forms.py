"""Forms of words by rule, held against a dictionary."""

import re

import pymorphy3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.local_words import Words
from domain.word_forms import same_word, same_words, stems, words_of
from tests.build import LONG


@pytest.mark.parametrize(("one", "other"), [
    ("кратер", "кратера"), ("ударный", "ударного"), ("рынок", "рынка"), ("письмо", "писем"), ("палец", "пальцами"),
    ("китаец", "китайца"), ("день", "дня"), ("статья", "статей"), ("история", "историй"), ("здание", "зданиях"),
    ("сделка", "сделок"), ("копейка", "копеек"), ("мышь", "мышью"), ("ёлка", "елок"), ("синий", "синяя"),
    ("company", "companies"), ("network", "networks"), ("санкт-петербург", "санкт-петербурга"),
])  # fmt: skip
def test_two_forms_are_one_word(one: str, other: str) -> None:
    [first], [second] = words_of(one), words_of(other)

    assert same_word(first, second)
    assert same_word(second, first)


@pytest.mark.parametrize(("one", "other"), [
    ("газ", "газета"), ("кот", "который"), ("мед", "медный"), ("порт", "портрет"), ("стол", "столица"),
    ("банк", "банкет"), ("мир", "мираж"), ("5g", "5"), ("2024", "2025"), ("bus", "business"), ("кит", "китай"),
    ("новость", "новый"), ("ai", "a"), ("машина", "маша"),
])  # fmt: skip
def test_words_that_begin_alike_are_two(one: str, other: str) -> None:
    assert not same_word(one, other)


def test_phrases_are_the_same_word_for_word() -> None:
    assert same_words(words_of("ударный кратер"), words_of("Ударных кратеров"))
    assert not same_words(words_of("ударный кратер"), words_of("кратер ударный"))
    assert not same_words(words_of("кратер"), words_of("кратер луны"))


@pytest.fixture(scope="module")
def lemmas() -> list[str]:
    """Common nouns and adjectives: those of the local tagger's own list, and of a post."""
    words = Words()
    return [
        w
        for w in sorted({*words.generic, *words.generic_adjectives, *words_of(LONG)})
        if re.fullmatch("[а-яё-]+", w)
    ]


def test_the_rule_knows_nearly_every_form_that_a_dictionary_knows(lemmas: list[str]) -> None:
    """Left out are pronouns, words with other roots (человек, люди) and nouns like время: few, and no tags."""
    dictionary, pairs = pymorphy3.MorphAnalyzer(), []
    for lemma in lemmas:
        parse = dictionary.parse(lemma)[0]
        forms = parse.lexeme if parse.tag.POS in {"NOUN", "ADJF"} else []
        kept = [
            form
            for form in forms
            if form.tag.POS in {"NOUN", "ADJF"} and not {"Supr", "Cmp2"} & form.tag.grammemes
        ]
        pairs += [(words_of(parse.normal_form)[0], words_of(form.word)[0]) for form in kept]

    known = sum(same_word(one, other) for one, other in pairs)

    assert len(pairs) > 5000
    assert known / len(pairs) > 0.97


def test_the_rule_takes_few_words_for_one_that_are_two(lemmas: list[str]) -> None:
    nouns = [words_of(lemma)[0] for lemma in lemmas]
    pairs = [(one, other) for at, one in enumerate(nouns) for other in nouns[at + 1 :] if one != other]

    taken = [pair for pair in pairs if same_word(*pair)]

    assert len(taken) / len(pairs) < 0.0005, taken


@given(st.text(), st.text())
def test_no_text_breaks_the_rule(one: str, other: str) -> None:
    for word in words_of(one):
        assert same_word(word, word)
        assert all(len(stem) <= len(word) for stem in stems(word))
    assert same_words(words_of(one), words_of(other)) == same_words(words_of(other), words_of(one))
