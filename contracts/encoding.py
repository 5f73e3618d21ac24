"""One event, three shapes on the wire: writing them, and reading any of them from any stream."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from contracts.errors import RejectedError
from contracts.events import Event, NamedEvent
from contracts.streams import ENCODINGS, Encoding

Fields = dict[str, str]

#: What people write may be the word None.
_TEXTS: Final = frozenset({"text", "content"})


def encode(event: Event) -> Fields:
    """Return the entry's fields as this event's stream wants them; absent values are left out."""
    encoding = ENCODINGS[event.stream]
    if encoding is Encoding.FLAT:
        return {name: flat(value) for name, value in event.model_dump().items() if value is not None}
    body = json.dumps(event.model_dump(mode="json", exclude_none=True), ensure_ascii=False)
    if encoding is Encoding.DATA:
        return {"data": body}
    if not isinstance(event, NamedEvent):
        raise TypeError(f"{type(event).__name__} goes to {event.stream} and must say its name")
    fields = {"event": event.event_type, "data": body, "idempotency_key": event.idempotency_key}
    return {**fields, "skipped": "true"} if event.event_type.endswith(".skipped") else fields


def flat(value: Any) -> str:
    """Return ``value`` as the flat encoding writes it: JSON for containers, ISO for moments, ``True``/``False``."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def decode(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the event's values from an entry in any of the shapes; flat values stay strings.

    Raises:
        RejectedError: ``data`` or ``payload`` is there but is no JSON object.
    """
    body = fields.get("data", fields.get("payload"))
    if body is None:
        return {name: value for name, value in fields.items() if value != "None" or name in _TEXTS}
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RejectedError(f"data: not JSON ({error})") from error
    if not isinstance(values, dict):
        raise RejectedError(f"data: a JSON object is needed, this is {type(values).__name__}")
    return values
