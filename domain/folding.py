"""Letters as they are meant: without what nobody sees, without dress, in the script of their word.

Cyrillic, Latin and Greek look-alikes are known; letters of other scripts are what they are.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from domain.text import normalized

#: What is drawn as nothing, or as a gap: joiners, fillers, variation selectors, an empty pattern of braille.
_UNSEEN: Final = (
    *((0x00AD, 0x00AD), (0x034F, 0x034F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180D), (0x180F, 0x180F)),
    *((0x200B, 0x200F), (0x2060, 0x2060), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xE0100, 0xE01EF)),
)  # fmt: skip
#: Where letters stand that are others in another dress: 𝐛𝐨𝐥𝐝, ｗｉｄｅ, ⓡⓞⓤⓝⓓ. Not №, ™ and ½, which are signs.
_DRESSED: Final = (
    (0x2100, 0x214F),
    (0x24B6, 0x24E9),
    (0x1D400, 0x1D7FF),
    (0x1F130, 0x1F149),
    (0xFF01, 0xFFEF),
)
_DRESSES: Final = ("<wide>", "<narrow>", "<font>", "<circle>", "<square>")
_PLAIN: Final[dict[int, str | None]] = {
    code: unicodedata.normalize("NFKC", chr(code))
    for first, last in _DRESSED
    for code in range(first, last + 1)
    if unicodedata.decomposition(chr(code)).startswith(_DRESSES)
} | {code: None for first, last in _UNSEEN for code in range(first, last + 1)}

_LETTERS: Final = re.compile(r"[^\W\d_]+")
_SCRIPTS: Final = tuple(map(re.compile, ("[\u0400-\u052f]", "[a-z\u00df-\u024f]", "[\u03b1-\u03c9]")))
_IS_CYRILLIC: Final = re.compile(r"[\u0400-\u052f\d]+")
_IS_LATIN: Final = re.compile(r"[a-z\u00df-\u024f\d]+")
#: The stress of a Cyrillic word: no letter of its own.
_STRESS: Final = re.compile("(?<=[\u0400-\u052f])[\u0300\u0301]+")
#: Marks on letters, but for the one that makes й of и.
_MARKS: Final = re.compile(
    "(?!(?<=и)\u0306)[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u2de0-\u2dff"
    "\ua66f\ua674-\ua67d\ufe20-\ufe2f]"
)

#: Lower-case letters that nobody tells apart.
_ALIKE: Final = ("aceopxyisjëïο", "асеорхуіѕјёїо", "aceopxyisjëïo")
#: Those whose capitals nobody tells apart: Latin and Greek ones as Cyrillic, Cyrillic and Greek ones as Latin.
_TO_CYRILLIC: Final = str.maketrans(_ALIKE[0] + "bhkmt" + "αβεηικμρτυχ", _ALIKE[1] + "внкмт" + "авенікмртух")
_TO_LATIN: Final = str.maketrans(
    _ALIKE[1][:-1] + "ο" + "внкмт" + "αβεζηικμνρτυχ", _ALIKE[2] + "bhkmt" + "abezhikmnptyx"
)
_ALIKE_TO_CYRILLIC: Final = str.maketrans(_ALIKE[0], _ALIKE[1])
_ALIKE_TO_LATIN: Final = str.maketrans(_ALIKE[1][:-1] + "ο", _ALIKE[2])


def folded(text: str) -> str:
    """Return a text as tags are told and looked for: ``normalized``, lower-cased, in plain letters.

    A word of two scripts whose letters may all be of one is told in that one.
    """
    lower = normalized(normalized(text.translate(_PLAIN)).lower())
    return normalized(_STRESS.sub("", _LETTERS.sub(_in_one_script, lower)))


@lru_cache(20_000)
def skeletons(phrase: str) -> frozenset[str]:
    """Return what a phrase may be read as, its letters and digits alone: without gaps, signs and marks on letters.

    Letters whose capitals look alike count as one, too; for comparing with what is not wanted, never to be shown.
    """
    bare = _MARKS.sub("", unicodedata.normalize("NFD", folded(phrase)))
    words = _LETTERS.sub(_in_one_script_by_capitals, unicodedata.normalize("NFC", bare))
    letters = _by_capitals("".join(character for character in words if _counts(character)))
    return frozenset({letters, *_read(letters, _ALIKE_TO_CYRILLIC, _ALIKE_TO_LATIN)})


def _counts(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LNM" and category != "Lm"


def _in_one_script(word: re.Match[str]) -> str:
    return _one_of(word[0], _ALIKE_TO_CYRILLIC, _ALIKE_TO_LATIN)


def _in_one_script_by_capitals(word: re.Match[str]) -> str:
    return _by_capitals(word[0])


def _by_capitals(word: str) -> str:
    return _one_of(word, _TO_CYRILLIC, _TO_LATIN)


def _one_of(word: str, to_cyrillic: dict[int, int], to_latin: dict[int, int]) -> str:
    """A word of two scripts in one of them, if all its letters may be of that one; else as it is."""
    if sum(script.search(word) is not None for script in _SCRIPTS) < 2:
        return word
    return next(iter(_read(word, to_cyrillic, to_latin)), word)


def _read(word: str, to_cyrillic: dict[int, int], to_latin: dict[int, int]) -> tuple[str, ...]:
    """What a word is in Cyrillic and in Latin, where all its letters may be."""
    cyrillic, latin = word.translate(to_cyrillic), word.translate(to_latin)
    return tuple(
        reading
        for reading, pattern in ((cyrillic, _IS_CYRILLIC), (latin, _IS_LATIN))
        if pattern.fullmatch(reading)
    )
