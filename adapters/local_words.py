"""Words in the two languages of the local providers: what a form belongs to, which words say nothing."""

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import pymorphy3
import simplemma
import stopwordsiso

_CYRILLIC: Final = re.compile("[а-яё]", re.IGNORECASE)
_LATIN: Final = re.compile("[a-z]", re.IGNORECASE)
_CACHED: Final = 50_000
_MAX_WORD: Final = 40
_NAMES: Final = ("Surn", "Geox", "Orgn", "Trad")


@dataclass(frozen=True)
class Word:
    """A word form. ``kind`` is noun, adjective, latin or other; ``lemma`` is lower-cased.

    ``forms`` are the (case, number) that a noun or an adjective may stand in, likeliest first.
    """

    lemma: str
    kind: str
    forms: tuple[tuple[str, str], ...] = ()
    is_name: bool = False


class Words:
    """Knows word forms; loading takes about a tenth of a second, and every form is analysed once."""

    def __init__(self) -> None:
        self._russian = pymorphy3.MorphAnalyzer()
        self.stop = frozenset(stopwordsiso.stopwords(["ru", "en"]))
        self.generic, self.generic_adjectives, self.generic_english = _generic()
        self.word = lru_cache(_CACHED)(self._word)

    def is_empty(self, form: str) -> bool:
        """Whether a lower-cased form says nothing anywhere: a stop word, or a form of one."""
        return form in self.stop or self.word(form).lemma in self.stop

    def _word(self, form: str) -> Word:
        if len(form) > _MAX_WORD:
            return Word(form.lower(), "other")
        if _CYRILLIC.search(form):
            return self._russian_word(form.lower())
        if _LATIN.search(form):
            return Word(simplemma.lemmatize(form.lower(), lang="en").lower(), "latin")
        return Word(form.lower(), "other")

    def _russian_word(self, form: str) -> Word:
        parses = self._russian.parse(form)
        best = parses[0]
        kind = _kind(best.tag)
        same = [p for p in parses if _kind(p.tag) == kind and p.normal_form == best.normal_form]
        forms = tuple(dict.fromkeys((str(p.tag.case), str(p.tag.number)) for p in same if p.tag.case))
        return Word(best.normal_form, kind, forms, any(name in best.tag for name in _NAMES))


def _kind(tag: Any) -> str:
    if tag.POS == "NOUN":
        return "noun"
    describes = tag.POS == "ADJF" or (tag.POS == "PRTF" and "pssv" in tag)
    return "adjective" if describes and "Apro" not in tag and "Anum" not in tag else "other"


def _generic() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    kinds: dict[str, set[str]] = {"": set(), "+": set(), "-": set()}
    for line in files("adapters").joinpath("local_words.txt").read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        mark = line[0] if line[:1] in {"+", "-"} else ""
        kinds[mark].update(line.removeprefix(mark).split())
    return frozenset(kinds[""]), frozenset(kinds["+"]), frozenset(kinds["-"])
