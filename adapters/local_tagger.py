"""Tags without a model: the key phrases of a text, Russian and English."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from adapters.key_phrases import Phrase, hashtags, phrases, runs
from adapters.local_words import Words
from contracts.asking import Asker, TagAnswer
from domain.text import normalized

MAX_CANDIDATES: Final = 10
#: Characters that are read: a post has 4096 at most, its pictures add some.
MAX_TEXT: Final = 10_000
#: How fast words that come late lose weight: half of it after this many words.
_HALF: Final = 60
_LENGTH: Final = {1: 1.0, 2: 1.7, 3: 1.5}


class LocalTagger:
    """Takes key phrases from a text: noun phrases that are frequent, early, specific; hashtags before all."""

    provider = "local"
    model = "keywords-ru-en"
    version = "1"

    def __init__(self, words: Words | None = None) -> None:
        self._words = words or Words()

    async def tags_for(self, text: str, asker: Asker) -> TagAnswer:  # noqa: ARG002  it costs nobody anything
        """Return up to ten candidates, best first, lower-cased, each found in ``text``; none where there are none."""
        tags = await asyncio.to_thread(self._candidates, text[:MAX_TEXT])
        return TagAnswer(tags=tags, provider=self.provider, model=self.model)

    def _candidates(self, text: str) -> tuple[str, ...]:
        stands = normalized(text).lower()
        groups: defaultdict[str, list[Phrase]] = defaultdict(list)
        for run in runs(text, self._words):
            for phrase in phrases(run, self._words):
                groups[phrase.key].append(phrase)
        scored = {key: self._score(found) for key, found in groups.items()}
        ranked = sorted(groups, key=lambda key: (-scored[key], key))
        told = [(key, _told(key, groups[key], stands)) for key in ranked]
        return _distinct([*self._hashtags(text), *((key, tag) for key, tag in told if tag in stands)])

    def _hashtags(self, text: str) -> Iterable[tuple[str, str]]:
        for tag in hashtags(text):
            name = tag.lower()
            if self._words.word(name).lemma not in self._words.generic and not self._words.is_empty(name):
                yield " ".join(self._words.word(part).lemma for part in name.split("_")), name

    def _score(self, found: list[Phrase]) -> float:
        first = found[0]
        position = _HALF / (_HALF + first.tokens[0].at)
        score = float(len(found)) ** 0.7 * _LENGTH[len(first.tokens)] * (0.4 + position)
        if any(_is_name(phrase) for phrase in found):
            score *= 1.5
        if not any(phrase.is_nominative for phrase in found):
            score *= 0.45
        generic = sum(token.word.lemma in self._words.generic for token in first.tokens)
        return float(score * (0.6 if generic else 1.0) * _specificity(first))


def _is_name(phrase: Phrase) -> bool:
    """Whether it is written or known as a name: capitals inside of a sentence, Latin letters, a place, a surname."""
    return any(
        token.word.is_name or token.word.kind == "latin" or (token.text[0].isupper() and not token.starts)
        for token in phrase.tokens
    )


def _specificity(phrase: Phrase) -> float:
    """Long words say more; a single short one says little unless it is an abbreviation."""
    if len(phrase.tokens) > 1:
        return 1.0
    text = phrase.tokens[0].text
    return 1.0 if text.isupper() else min(1.0, 0.4 + len(text) / 14)


def _told(key: str, found: list[Phrase], stands: str) -> str:
    """The form to tell it in: the nominative if it stands in the text, else the form that does."""
    nominative = next((phrase.surface for phrase in found if phrase.is_nominative), None)
    return nominative or (key if len(found[0].tokens) == 1 and key in stands else found[0].surface)


def _distinct(ranked: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """The best of them, none whose lemmas another one has already told."""
    kept: dict[str, frozenset[str]] = {}
    for key, tag in ranked:
        lemmas = frozenset(key.split())
        if not any(_same(lemmas, other) for other in kept.values()):
            kept.setdefault(tag, lemmas)
        if len(kept) == MAX_CANDIDATES:
            break
    return tuple(kept)


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether one holds the other, or half of it where both are phrases."""
    shared = len(one & other)
    return shared in {len(one), len(other)} or (min(len(one), len(other)) > 1 and shared * 2 >= len(one))
