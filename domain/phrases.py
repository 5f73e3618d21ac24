"""Phrases that others are held against, whatever form or disguise those come in."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from domain.folding import skeletons
from domain.word_forms import same_words, stems, words_of


class Phrases:
    """Phrases by what their words may be told by: who looks for one goes through few of many."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._by_first = defaultdict[str, list[tuple[tuple[str, ...], str]]](list)
        self._disguised = set[str]()
        for phrase in dict.fromkeys(phrases):
            words = words_of(phrase)
            for key in _keys(words[:1]):
                self._by_first[key].append((words, phrase))
            self._disguised |= _keys(skeletons(phrase))

    def forms_of(self, phrase: str) -> Iterator[str]:
        """Yield those that are the phrase, word for word, in this or another case or number."""
        words = words_of(phrase)
        found = {known for key in _keys(words[:1]) for known in self._by_first.get(key, ())}
        yield from (known for known_words, known in sorted(found) if same_words(known_words, words))

    def mean(self, phrase: str) -> bool:
        """Whether one of them is the phrase, in whatever form, cuts, marks, and letters that look alike."""
        return any(self.forms_of(phrase)) or not self._disguised.isdisjoint(_keys(skeletons(phrase)))


def _keys(words: Iterable[str]) -> frozenset[str]:
    """What forms of these words have in common."""
    return frozenset(key for word in words for key in (word, *stems(word)))
