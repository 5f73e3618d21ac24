"""Tags as a model answers them."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from adapters.answers.json_text import mended, sound
from contracts.asking import Usage
from contracts.errors import UnusableAnswerError
from domain.text import storable

#: More than are ever kept: which of them stand in the text is decided later.
MAX_TAGS: Final = 20
MAX_LENGTH: Final = 100
#: What is asked for, and what models call it instead.
_NAMES: Final = ("tags", "теги", "keywords", "tag", "name", "text")
_COMMAS: Final = re.compile(r"[,;\n]")


def tags_in(answer: str, usage: Usage | None = None) -> tuple[str, ...]:
    """Return the tags of an answer, best first; none where the model found none.

    Raises:
        UnusableAnswerError: there is no list in it, whatever is tried; ``usage`` is kept in it.
    """
    for reading in chain(sound(answer), mended(answer)):
        found = _listed(reading)
        if found is not None:
            return tuple(dict.fromkeys(_clean(found)))[:MAX_TAGS]
    raise UnusableAnswerError(f"the model's answer has no list of tags ({len(answer)} characters)", usage)


def _listed(reading: Any) -> list[Any] | None:
    """Return the list that was meant: itself, under a known name, or the only one; words with commas are one."""
    if isinstance(reading, list):
        objects = [item for item in reading if isinstance(item, dict)]
        lists = [found for item in objects if (found := _under_a_name(item)) is not None]
        return lists[0] if lists else reading
    return _under_a_name(reading) if isinstance(reading, dict) else None


def _under_a_name(reading: dict[str, Any]) -> list[Any] | None:
    for name in _NAMES[:3]:
        if name in reading:
            named = reading[name]
            return (
                _COMMAS.split(named) if isinstance(named, str) else named if isinstance(named, list) else None
            )
    lists = [value for value in reading.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 else None


def _clean(items: list[Any]) -> Iterator[str]:
    for item in items:
        word = next((item[name] for name in _NAMES if name in item), None) if isinstance(item, dict) else item
        if isinstance(word, int | float) and not isinstance(word, bool):
            word = str(word)
        if isinstance(word, str) and 0 < len(word.strip()) <= MAX_LENGTH:
            yield storable(word.strip())
