"""JSON as language models write it: fenced, with words around it, cut off, with the wrong quotes."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import json_repair

#: Characters of an answer that is read at all. The longest one that is asked for, ten pictures, has about 20,000.
MAX_LENGTH: Final = 50_000
#: Characters and opening brackets of what is mended: on hostile text that takes time with the square of them, about
#: a second at these. The tags of a post, or one picture, have less than half.
MENDED_LENGTH: Final = 3_000
MENDED_OPENED: Final = 40
_OPENING: Final = re.compile(r"[\[{]")
_QUOTES: Final = str.maketrans(dict.fromkeys("«»„“”", '"'))
_BROKEN: Final = (ValueError, RecursionError, TypeError, IndexError, AttributeError)


def sound(answer: str) -> Iterator[Any]:
    """Yield what ``answer`` means: as it stands, or what stands in its brackets, without the words around.

    Nothing is yielded of an answer that is too long, or no JSON.
    """
    text = _text(answer)
    yield from _read(json.loads, text)
    if opening := _OPENING.search(text):
        end = max(text.rfind("]"), text.rfind("}"))
        yield from _read(json.loads, text[opening.start() : end + 1])


def mended(answer: str) -> Iterator[Any]:
    """Yield what a broken ``answer`` may have meant, the likeliest first; of text without JSON an empty string."""
    text = _text(answer)
    if len(text) <= MENDED_LENGTH and len(_OPENING.findall(text)) <= MENDED_OPENED:
        plain = text.translate(_QUOTES)
        for form in (text, plain) if '"' in text else (plain, text):
            yield from _read(_mend, form)


def _text(answer: str) -> str:
    return answer.strip().removeprefix("\ufeff") if len(answer) <= MAX_LENGTH else ""


def _mend(text: str) -> Any:
    return json_repair.loads(text, skip_json_loads=True)


def _read(read: Callable[[str], Any], text: str) -> Iterator[Any]:
    try:
        yield read(text)
    except _BROKEN:
        return
