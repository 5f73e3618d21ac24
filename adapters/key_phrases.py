"""Key phrases of a text: where they begin and end, and the form they are told in."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.local_words import Word, Words

MAX_WORDS: Final = 3
# Every repetition has an end: the search must not take long on any text.
_LINKED: Final = re.compile(r"\[([^\[\]\n]{0,300})\]\([^()\s]{0,2000}\)")
_NO_WORDS: Final = re.compile(
    r"https?://\S+|\bwww\.\S+|\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,3}\.(?:ru|com|org|net|io|me|рф)\b(?:/\S*)?"
    r"|[^\s@]{0,64}@\w\S*"
    r"|\berid:?\s{0,3}\S+|\bинн\s{0,3}\d+|[#*_`~]{2,}|(?<!\w)[_*`~]|[_*`~](?!\w)",
    re.IGNORECASE,
)
_HASHTAG: Final = re.compile(r"(?<!\w)#(\w{2,60})")
_TOKEN: Final = re.compile(r"[^\W_]+(?:[-'’.][^\W_]+)*(?:\+\+|#)?|\S", re.UNICODE)
_LETTER: Final = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Token:
    """A word as it stands: ``at`` is its place among the text's words, ``starts`` whether a sentence begins here."""

    text: str
    word: Word
    at: int
    starts: bool


@dataclass(frozen=True)
class Phrase:
    """One to three tokens that belong together. ``key`` is the same for all forms of a phrase."""

    tokens: tuple[Token, ...]

    @property
    def key(self) -> str:
        """The lemmas, joined."""
        return " ".join(token.word.lemma for token in self.tokens)

    @property
    def surface(self) -> str:
        """The words as they stand, lower-cased."""
        return " ".join(token.text.lower() for token in self.tokens)

    @property
    def is_nominative(self) -> bool:
        """Whether it reads as a name of the thing: its head stands in the nominative, or has no cases."""
        agreeing = [t for t in self.tokens if t.word.kind in {"noun", "adjective"}]
        heads = agreeing[: 1 + next((i for i, t in enumerate(agreeing) if t.word.kind == "noun"), 0)]
        return not heads or any(case == "nomn" for case, _ in _shared(heads))


def hashtags(text: str) -> tuple[str, ...]:
    """Return the hashtags without their sign, as they stand, in order."""
    return tuple(tag for tag in _HASHTAG.findall(text) if _LETTER.search(tag))


def runs(text: str, words: Words) -> Iterator[list[Token]]:
    """Give the stretches of words that nothing but a space interrupts; links, mentions and marks are none."""
    at = 0
    for line in _NO_WORDS.sub(" \n ", _LINKED.sub(r"\1", _HASHTAG.sub(" \n ", text))).splitlines():
        run: list[Token] = []
        starts = True
        for found in _TOKEN.findall(line):
            if _LETTER.search(found):
                run.append(Token(found, words.word(found), at, starts))
                at, starts = at + 1, False
                continue
            if run:
                yield run
            run, starts = [], starts or found in ".!?"
        if run:
            yield run


def phrases(run: Sequence[Token], words: Words) -> Iterator[Phrase]:
    """Give the phrases of a stretch: Russian noun phrases, and runs of Latin words that say something."""
    for begin, token in enumerate(run):
        if token.word.kind == "other" or words.is_empty(token.text.lower()):
            continue
        for end in range(begin + 1, min(begin + MAX_WORDS, len(run)) + 1):
            tokens = tuple(run[begin:end])
            if words.is_empty(tokens[-1].text.lower()) or tokens[-1].word.kind == "other":
                break
            if _belongs_together(tokens, words):
                yield Phrase(tokens)


def _belongs_together(tokens: Sequence[Token], words: Words) -> bool:
    kinds = [token.word.kind for token in tokens]
    first = tokens[0].word.lemma
    if all(kind == "latin" for kind in kinds):
        says = not any(t.text.lower() in words.generic_english for t in tokens) and len(tokens[0].text) > 1
        return (
            says and len({t.text.islower() for t in tokens if not t.starts}) <= 1
        )  # a name ends where it ends
    if kinds[-1] == "adjective" or first in words.generic_adjectives:
        return False
    head = kinds.index("noun") if "noun" in kinds else len(kinds)
    if "latin" in kinds:
        return (
            kinds == ["latin", "noun"] and tokens[1].word.lemma not in words.generic and "-" in tokens[0].text
        )
    if any(kind != "adjective" for kind in kinds[:head]) or (head and not _shared(tokens[: head + 1])):
        return False
    return tokens[head].word.lemma not in words.generic and _is_genitive(tokens[head + 1 :])


def _is_genitive(rest: Sequence[Token]) -> bool:
    """Whether what follows the head depends on it: one noun, with or without its adjective, in the genitive."""
    if not rest:
        return True
    return (
        rest[-1].word.kind == "noun"
        and all(t.word.kind == "adjective" for t in rest[:-1])
        and any(case in {"gent", "gen2"} for case, _ in _shared(rest))
    )


def _shared(tokens: Sequence[Token]) -> list[tuple[str, str]]:
    """The (case, number) that all tokens can stand in."""
    first, *others = tokens
    return [form for form in first.word.forms if all(form in other.word.forms for other in others)]
