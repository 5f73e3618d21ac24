"""Tags as they are kept: few, short, clean, each standing in the text, told in the tenant's own words."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from domain.folding import folded
from domain.phrases import Phrases
from domain.tag_shape import mistake, told
from domain.vocabulary import Vocabulary
from domain.word_forms import same_words, words_of

MAX_TAGS: Final = 5
#: Candidates that are read of an answer; who proposes more is broken.
MAX_CANDIDATES: Final = 50
#: Below this many characters a text alone is not worth tagging (TAGGING_MIN_CHARS of the contract).
MIN_TEXT: Final = 80

_PLAIN: Final = re.compile(r"[\w\s'’-]+")


def clean(
    candidates: Iterable[str],
    text: str,
    vocabulary: Vocabulary = Vocabulary(),  # noqa: B008  it never changes
) -> tuple[str, ...]:
    """Return at most five tags of a candidate's words, or those that the vocabulary has for them.

    Each stands in ``text``, white space, case and inflection apart, or a synonym of it does. Synonyms are told in
    their place, what is forbidden or generic goes, what is preferred comes first. Neither the text nor the vocabulary
    adds a tag that nobody proposed.
    """
    source, words = _Text(text), _Words(vocabulary)
    kept: dict[tuple[str, ...], str] = {}
    for candidate in islice(candidates, MAX_CANDIDATES):
        tag = told(candidate)
        if mistake(tag) or not any(source.has(name) for name in words.names_of(tag)):
            continue
        tag = words.instead_of(tag)
        if not words.is_unwanted(tag) and not any(same_words(words_of(tag), known) for known in kept):
            kept[words_of(tag)] = tag
    first = sorted(kept.values(), key=lambda tag: tag not in vocabulary.preferred)
    return tuple(first[: min(vocabulary.max_tags, MAX_TAGS)])


class _Text:
    """A text that phrases are looked for in."""

    def __init__(self, text: str) -> None:
        self._lower, self._words = folded(text), words_of(text)

    def has(self, phrase: str) -> bool:
        """Whether the phrase stands there, between other words; of plain words also in another case or number."""
        if re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", self._lower):
            return True
        wanted = words_of(phrase)
        if not wanted or not _PLAIN.fullmatch(phrase):
            return False
        last = len(self._words) - len(wanted)
        return any(same_words(wanted, self._words[at : at + len(wanted)]) for at in range(last + 1))


class _Words:
    """The vocabulary of a tenant, whatever form its words stand in."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._synonyms = [(words_of(name), name, meant) for name, meant in vocabulary.synonyms.items()]
        known = (*vocabulary.preferred, *vocabulary.synonyms.values())
        self._known = [(words_of(tag), tag) for tag in known]
        self._unwanted = Phrases((*vocabulary.forbidden, *vocabulary.generic))

    def names_of(self, tag: str) -> Iterator[str]:
        """Yield the tag and every other name that the operator gave the same thing."""
        yield tag
        words = words_of(tag)
        yield from (name for _, name, meant in self._synonyms if same_words(words_of(meant), words))

    def instead_of(self, tag: str) -> str:
        """Return what is told in the place of a tag: what it is a synonym of, in the operator's own form."""
        words = words_of(tag)
        tag = next((meant for name, _, meant in self._synonyms if same_words(name, words)), tag)
        words = words_of(tag)
        return next((wanted for name, wanted in self._known if same_words(name, words)), tag)

    def is_unwanted(self, tag: str) -> bool:
        """Whether it is forbidden or says nothing, whatever disguise it comes in."""
        return self._unwanted.mean(tag)


def refusal(text: str, *, has_picture: bool) -> str | None:
    """Return why a text gets no tags, or None when it should be tagged."""
    if not text.strip():
        return "no_text"
    if len(text) < MIN_TEXT and not has_picture:
        return "text_too_short"
    return None
