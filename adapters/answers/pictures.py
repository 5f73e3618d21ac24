"""What a model answers about pictures: one object for each, mended one by one."""

import re
from typing import Annotated, Any, Final, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from adapters.answers.json_text import MAX_LENGTH, mended, sound
from contracts.vision import PictureKind
from domain.text import storable

_KINDS: Final = frozenset(get_args(PictureKind))
_YES: Final = frozenset({"true", "yes", "да", "1"})
#: Where one picture's object begins: at a brace before one of the first fields that are asked for.
_ITEM: Final = re.compile(r"(?=\{\s*[\"'«“]?(?:picture|classification|description)[\"'»”]?\s*:)")


def _text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return storable(str(value).strip())


def _kind(value: Any) -> str:
    name = _text(value.get("type") if isinstance(value, dict) else value).lower()
    return name if name in _KINDS else "other"


def _is_true(value: Any) -> bool:
    return value is True or _text(value).lower() in _YES


def _words(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list) else _text(value).split(",")
    return tuple(dict.fromkeys(word[:60] for item in items if (word := _text(item))))


def _number(value: Any) -> int | None:
    digits = re.search(r"\d{1,3}", _text(value))
    return int(digits[0]) if digits else None


def _optional(value: Any) -> str | None:
    return _text(value) or None


def _ocr(value: Any) -> str | None:
    return _optional(value.get("text") if isinstance(value, dict) else value)


class SeenPicture(BaseModel):
    """One picture's part of an answer; unknown fields are nobody's business. ``ocr`` is the text in it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    picture: Annotated[int | None, BeforeValidator(_number)] = None
    classification: Annotated[PictureKind, BeforeValidator(_kind)] = "other"
    description: Annotated[str, BeforeValidator(lambda value: _text(value)[:500]), Field(min_length=5)]
    is_meme: Annotated[bool, BeforeValidator(_is_true)] = False
    labels: Annotated[tuple[str, ...], BeforeValidator(lambda value: _words(value)[:20])] = ()
    objects: Annotated[tuple[str, ...], BeforeValidator(lambda value: _words(value)[:10])] = ()
    scene: Annotated[str | None, BeforeValidator(lambda value: _text(value)[:200] or None)] = None
    ocr: Annotated[str | None, BeforeValidator(_ocr)] = None


def pictures_in(answer: str, count: int, *, is_cut: bool) -> tuple[SeenPicture | None, ...]:
    """Return what is said of each of ``count`` pictures, None where nothing can be used.

    By the number that stands in it; without any numbers, where there are as many as were asked for, by place.
    ``is_cut``: the model ran out of tokens, so the last object is not to be trusted unless all of it is there.
    """
    listed = next((found for reading in sound(answer) if (found := _listed(reading)) is not None), None)
    if listed is not None:
        return _placed([_seen(item) for item in listed], count)
    pieces = _ITEM.split(answer[:MAX_LENGTH])[1:]
    found = [_seen(next(map(_first, mended(piece)), None)) for piece in pieces[:count]]
    if is_cut and len(pieces) <= count and found:
        found[-1] = None
    return _placed(found, count)


def _listed(reading: Any) -> list[Any] | None:
    """Return the objects of an answer; a single one need not be in a list."""
    if isinstance(reading, dict):
        reading = reading.get("pictures", [reading] if "description" in reading else None)
    return reading if isinstance(reading, list) else None


def _first(reading: Any) -> Any:
    return reading[0] if isinstance(reading, list) and reading else reading


def _seen(item: Any) -> SeenPicture | None:
    try:
        return SeenPicture.model_validate(item)
    except ValidationError:
        return None


def _placed(found: list[SeenPicture | None], count: int) -> tuple[SeenPicture | None, ...]:
    """Return what was found, each in its picture's place; what claims the place of another has none."""
    numbers = [seen.picture for seen in found if seen]
    if len(found) == count and (count == 1 or not any(numbers)):
        return tuple(found)
    by_number = {seen.picture: seen for seen in found if seen and numbers.count(seen.picture) == 1}
    return tuple(by_number.get(number) for number in range(1, count + 1))
