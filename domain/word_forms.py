"""Forms of words, by rule: whether two may be one word in two cases or numbers, Russian and English.

A rule and no dictionary: it needs no library, and gives the same everywhere. It takes a few pairs for one word that
are two (угол and уголь), and never two words that only begin alike.
"""

import re
from functools import lru_cache
from typing import Final

from domain.folding import folded

_WORD: Final = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_CYRILLIC: Final = re.compile("[а-я]")
_LATIN: Final = re.compile("[a-z]+(?:[-'’][a-z]+)*")
_RUSSIAN: Final = frozenset(
    (
        *(
            "а",
            "я",
            "о",
            "е",
            "и",
            "ы",
            "у",
            "ю",
            "ь",
            "й",
            "ой",
            "ей",
            "ою",
            "ею",
            "ем",
            "ом",
            "ам",
            "ям",
            "ах",
        ),
        *("ях", "ами", "ями", "ов", "ев", "ья", "ье", "ьи", "ью", "ьей", "ьем", "ьям", "ьях", "ьев"),
        *("ый", "ий", "ая", "яя", "ое", "ее", "ые", "ие", "ого", "его", "ому", "ему", "ым", "им", "ую", "юю"),
        *("ых", "их", "ыми", "ими"),
    )
)
_ENGLISH: Final = frozenset({"s", "es", "'s", "’s", "y", "ies"})
_LONGEST: Final = 3
#: A stem that loses its last vowel in other forms: рынок, рынка; сделок, сделка; день, дня.
_FLEETING: Final = re.compile("(.*[^аеиоуыэюя])[ое]([бвгджзклмнпрстфхцчшщ])")
_FLEETING_J: Final = re.compile("(.*[аеиоуыэюя])е([кмцн])")


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text in order, ``folded``, ё as е; what joins or ends them is left out."""
    return tuple(_WORD.findall(folded(text).replace("ё", "е")))


def same_word(one: str, other: str) -> bool:
    """Whether two words of ``words_of`` may be forms of one."""
    return one == other or not stems(one).isdisjoint(stems(other))


def same_words(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two phrases are the same, word for word."""
    return len(one) == len(other) and all(map(same_word, one, other))


@lru_cache(20_000)
def stems(word: str) -> frozenset[str]:
    """Return what may be left of a word without its ending; of what has no endings nothing but itself."""
    if _CYRILLIC.search(word):
        bare = _without(word, _RUSSIAN)
        return frozenset(stem for stem in (_hard(stem) for stem in bare | _closed(bare)) if len(stem) > 1)
    if _LATIN.fullmatch(word):
        return frozenset(stem for stem in _without(word, _ENGLISH) if len(stem) > 2)
    return frozenset({word})


def _without(word: str, endings: frozenset[str]) -> frozenset[str]:
    cut = (word[:-length] for length in range(1, _LONGEST + 1) if word[-length:] in endings)
    return frozenset({word, *cut})


def _closed(stems: frozenset[str]) -> frozenset[str]:
    """The stems without a vowel that stands in some forms only."""
    plain = (found[1] + found[2] for stem in stems if (found := _FLEETING.fullmatch(stem)))
    soft = (f"{found[1]}й{found[2]}" for stem in stems if (found := _FLEETING_J.fullmatch(stem)))
    return frozenset({*plain, *soft})


def _hard(stem: str) -> str:
    """A stem without the soft signs that come and go: письмо, писем; палец, пальца."""
    return stem.replace("ь", "")
