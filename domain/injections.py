"""Texts that give orders to a model: which kinds of orders stand in what comes from outside.

A flag for people who look after the system, no protection: a model may be told to obey in words that nobody foresaw.
What protects is that whatever is read is data (``prompts/``), that tags are held to rules (``domain/tag_shape.py``) and
that no answer can do anything. Nothing is decided by a flag.

Phrases are those that OWASP's *LLM Prompt Injection Prevention Cheat Sheet* and *LLM01:2025* name, and what says the
same in Russian; role markers those of the chat templates of ChatML, Llama 2 and 3, Mistral and Claude; hidden letters
those of "ASCII smuggling" (Unicode's tag characters), of *Trojan Source* (CVE-2021-42574; overrides of direction only:
Arabic and Hebrew need the others) and bytes hidden in runs of zero-width characters or variation selectors.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from domain.injection_phrases import PHRASES
from domain.text import normalized

#: Characters that are looked at; a post has 4 096 at most.
MOST: Final = 32_768
#: Characters that are normalised at once: putting marks on letters in order takes the square of them.
_PIECE: Final = 1_024

_MARKER: Final = re.compile(
    r"<\|[a-z_]{2,24}\|>|\[/?inst\]|<</?sys>>|</?(?:system|assistant|instructions?)>"
    r"|^[ \t>*#]{0,8}(?:system|assistant|(?:system )?instructions?)[ \t*]{0,4}:|^\n?(?:human|assistant):",
    re.MULTILINE,
)
_CALL: Final = re.compile(
    r"\[/?tool_calls\]|</?(?:tool_call|function_calls?|invoke)\b|[\"'](?:tool_calls|function_call)[\"']"
)
#: The flags of England, Scotland and Wales are spelled by tag characters.
_FLAG: Final = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f")
_HIDDEN: Final = re.compile(
    "[\U000e0000-\U000e007f]|[\u202d\u202e]|[\u200b-\u200d\u2060-\u2064\ufeff]{8}|[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4}"
)
_TAG_LETTERS: Final = re.compile("[\U000e0020-\U000e007e]+")
_WORD: Final = re.compile(r"\w+")


class Injection(StrEnum):
    """What a text would have a model do."""

    OVERRIDE = "override"  # forget what it was told
    LEAK = "leak"  # tell what it was told
    ROLE = "role"  # be somebody else
    CALL = "call"  # call a function
    ANSWER = "answer"  # give a certain answer
    MARKER = "marker"  # take what follows for words of its operator
    HIDDEN = "hidden"  # read what people do not see


def injections_in(text: str) -> tuple[Injection, ...]:
    """Return the kinds of orders to a model in the first ``MOST`` characters, each once; takes time linear in them."""
    seen = text[:MOST]
    lowered, words = seen.lower(), _words(seen)
    found = {Injection(kind) for kind, phrases in PHRASES.items() if any(p.search(words) for p in phrases)}
    found |= {Injection.MARKER} if _MARKER.search(lowered) else set()
    found |= {Injection.CALL} if _CALL.search(lowered) else set()
    found |= {Injection.HIDDEN} if _HIDDEN.search(_FLAG.sub("", seen)) else set()
    return tuple(kind for kind in Injection if kind in found)


def flags(places: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the kinds that stand in each text, under its place; places without any are left out."""
    found = {place: [kind.value for kind in injections_in(text)] for place, text in places.items()}
    return {place: kinds for place, kinds in found.items() if kinds}


def _words(text: str) -> str:
    """The words as a model reads them, one blank between two: hidden letters shown, marks and invisible ones gone."""
    shown = _TAG_LETTERS.sub(_shown, _FLAG.sub("", text))
    pieces = (normalized(shown[at : at + _PIECE]) for at in range(0, len(shown), _PIECE))
    return " ".join(_WORD.findall(" ".join(pieces).lower().replace("ё", "е")))


def _shown(hidden: re.Match[str]) -> str:
    """Letters that Unicode's tag characters stand for, as words of their own."""
    return f" {''.join(chr(ord(letter) - 0xE0000) for letter in hidden[0])} "
