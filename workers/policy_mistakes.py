"""What is wrong with a policy file, in sentences: each with its line, and with the key that was perhaps meant."""

import json
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from runtime.marked_yaml import Marked, Mistake, Place

#: Keys that other systems have for what is said otherwise here.
_SAID_OTHERWISE: Final = {
    "skip_if_channel": "say it as a rule: {name: …, when: {channels: […]}, then: skip}",
    "ocr_only_if": "say it as a rule: {name: …, when: {mime: […]}, then: ocr}",
    "allowed_mime_types": "say image_types; documents are not looked at",
    "max_document_mb": "documents are not looked at",
    "max_daily_tokens_per_tenant": "say it with `postloom budget set`",
}
#: Errors whose words do not say what stands there instead.
_TELLS_VALUE: Final = (
    "_type",
    "_parsing",
    "literal_error",
    "greater_than",
    "less_than",
    "string_pattern_mismatch",
)


def mistakes_of(error: ValidationError, model: type[BaseModel], marked: Marked) -> list[Mistake]:
    """Return every mistake, where it stands."""
    return [_mistake(each, model, marked) for each in error.errors(include_url=False)]


def _mistake(error: ErrorDetails, model: type[BaseModel], marked: Marked) -> Mistake:
    place: Place = (*_within(error["loc"], marked), *error.get("ctx", {}).get("at", ()))
    return Mistake(marked.line(place), place, _sentence(error, place, model))


def _within(location: Place, marked: Marked) -> Place:
    """The location without what stands in no file: which of a value's types was tried, that a key was meant."""
    place: Place = ()
    for part in location:
        if part == "[key]":
            break
        if (*place, part) not in marked.lines and part is not location[-1]:
            break
        place = (*place, part)
    return place


def _sentence(error: ErrorDetails, place: Place, model: type[BaseModel]) -> str:
    kind, words = error["type"], error["msg"].removeprefix("Value error, ")
    words = words[:1].lower() + words[1:]
    if kind == "extra_forbidden":
        return _unknown(str(place[-1]), known_keys(model, place[:-1]))
    if kind == "missing":
        return "is missing"
    if kind in {"model_type", "dict_type"}:
        words = "input should be a mapping"
    if any(mark in kind for mark in _TELLS_VALUE):
        return f"{words}, not {_short(error['input'])}"
    return words


def _unknown(key: str, known: tuple[str, ...]) -> str:
    if said := _SAID_OTHERWISE.get(key):
        return f"there is no such key: {said}"
    near = get_close_matches(key, known, 1)
    return f"there is no such key; {f'do you mean {near[0]}?' if near else 'there are: ' + ', '.join(known)}"


def _short(value: Any) -> str:
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "a mapping"
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}…"


def known_keys(model: type[BaseModel], place: Place) -> tuple[str, ...]:
    """Return the keys that the part of ``model`` at ``place`` has."""
    kind: Any = model
    for part in place:
        kind = kind.model_fields[part].annotation if _is_part(kind) else _last_of(kind)
    return tuple(kind.model_fields) if _is_part(kind) else ()


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _last_of(kind: Any) -> Any:
    """What a list or a mapping holds."""
    return next((one for one in _each(kind) if _is_part(one)), None)


def _each(kind: Any) -> Iterator[Any]:
    for argument in get_args(kind):
        yield argument
        yield from _each(argument)
