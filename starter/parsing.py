"""An entry becomes an event of the contract, or is refused with a sentence that names every field that is wrong."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from contracts.encoding import decode
from contracts.errors import RejectedError
from contracts.events import Event
from domain.text import storable

KNOWN_SCHEMAS: Final = frozenset({"v1", "1", "1.0"})

#: Bytes of an entry: far more than any post has, and less than the engine takes as an input.
MAX_BYTES: Final = 1_000_000

E = TypeVar("E", bound=Event)


class RefusedEntryError(Exception):
    """The entry breaks the contract, or is nobody's; ``code`` sorts it, the message says what is wrong."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class NotYetError(Exception):
    """What the entry refers to has not arrived yet."""


def parse(model: type[E], fields: Mapping[str, str], written_at: datetime) -> E:
    """Return the event in an entry of any of the shapes.

    Raises:
        RefusedEntryError: the sentence names every field that is wrong.
    """
    _check_size(fields)
    try:
        values: dict[str, Any] = _storable(decode(fields))
        _check_schema(values)
        values.setdefault("occurred_at", written_at)
        return model.model_validate(values)
    except RejectedError as error:
        raise RefusedEntryError(str(error), "not_json") from error
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, e['loc'])) or 'entry'}: {_words(e)}" for e in error.errors())
        raise RefusedEntryError("; ".join(wrong), "non_retryable_validation") from error


def _check_size(fields: Mapping[str, str]) -> None:
    size = sum(len(value.encode("utf-8", "replace")) for value in fields.values())
    if size > MAX_BYTES:
        raise RefusedEntryError(f"entry: {size} bytes, at most {MAX_BYTES} are taken", "too_large")


def _storable(value: Any) -> Any:
    """Return ``value`` with every text in it as stores take it, however deep."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(name)): _storable(part) for name, part in value.items()}
    return [_storable(part) for part in value] if isinstance(value, list) else value


def _check_schema(values: dict[str, Any]) -> None:
    schema = str(values.get("schema_version") or "v1")
    if schema not in KNOWN_SCHEMAS:
        raise RefusedEntryError(
            f"schema_version: {schema[:40]!r} is newer than this program", "unknown_schema"
        )
    values["schema_version"] = schema


def _words(error: Any) -> str:
    if error["type"] == "missing":
        return "missing"
    shown = repr(error.get("input"))[:60]
    return f"{error['msg'][:1].lower()}{error['msg'][1:]} (it is {shown})"
