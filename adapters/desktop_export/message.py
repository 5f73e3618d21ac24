"""One message of an export: from raw JSON to a post, to the chat's new picture, or to the reason why it is neither."""

import json
from datetime import UTC, datetime, tzinfo
from typing import Any, Final

from pydantic import ValidationError

from adapters.desktop_export.facts import attached, peer, reactions
from adapters.desktop_export.model import ExportedChannelPhoto, ExportedMessage, Skipped
from adapters.desktop_export.text import UnreadableError, links_of, text_of
from domain.text import storable

_MAX_ID: Final = (1 << 63) - 1
#: What becomes a field of the message; everything else is kept in the details.
_READ: Final = frozenset(
    {"id", "type", "date", "date_unixtime", "edited", "edited_unixtime", "from", "from_id", "author", "text"}
    | {"text_entities", "reactions", "reply_to_message_id", "reply_to_peer_id"}
    | {"forwarded_from", "forwarded_from_id"}
)
#: Before Telegram there were no posts; after this a clock was broken.
_EPOCH, _END = datetime(2013, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def read(raw: dict[str, Any] | None, zone: tzinfo) -> ExportedMessage | ExportedChannelPhoto | Skipped:
    """Return the post or the picture that a raw message is, or why it is neither; never raises for what it says.

    ``zone`` is where the exporting computer stood: old exports know only its local time.
    """
    number = _id(raw.get("id")) if raw else None
    if raw is None or number is None:
        return Skipped(id=None, reason="bad_id" if raw else "no_object")
    kind, gives_picture = raw.get("type"), _gives_picture(raw)
    if kind != "message" and not gives_picture:
        known = kind in ("service", "unsupported")
        return Skipped(id=number, reason=str(kind) if known else "unknown_type")
    try:
        return _channel_photo(number, raw, zone) if gives_picture else _message(number, raw, zone)
    except UnreadableError as error:
        return Skipped(id=number, reason=str(error))
    except ValidationError:
        return Skipped(id=number, reason="bad_values")


def _gives_picture(raw: dict[str, Any]) -> bool:
    """Whether the chat got a new picture here, and it says which."""
    is_change = raw.get("type") == "service" and raw.get("action") == "edit_group_photo"
    return is_change and isinstance(raw.get("photo"), str)


def _channel_photo(number: int, raw: dict[str, Any], zone: tzinfo) -> ExportedChannelPhoto:
    return ExportedChannelPhoto.model_validate(
        {"id": number, "posted_at": _posted_at(raw, zone), "file": attached(raw)}
    )


def _message(number: int, raw: dict[str, Any], zone: tzinfo) -> ExportedMessage:
    text = text_of(raw)
    reply_peer, forwarded = peer(raw.get("reply_to_peer_id")), "forwarded_from" in raw
    return ExportedMessage(
        id=number,
        posted_at=_posted_at(raw, zone),
        local_time="date_unixtime" not in raw,
        edited_at=_moment(raw, "edited", zone),
        text=text,
        links=links_of(raw, text),
        file=attached(raw),
        author=peer(raw.get("from_id")),
        author_name=_name(raw.get("from")),
        signature=_name(raw.get("author")),
        forwarded=forwarded,
        forwarded_from=peer(raw.get("forwarded_from_id")),
        forwarded_name=_name(raw.get("forwarded_from")),
        reply_to_message_id=_id(raw.get("reply_to_message_id")),
        reply_to_chat_id=reply_peer.marked_id if reply_peer else None,
        reactions=reactions(raw.get("reactions")),
        details_json=_details(raw),
    )


def _id(value: Any) -> int | None:
    """A message id; groups that became supergroups have negative ones."""
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 < abs(value) <= _MAX_ID else None


def _posted_at(raw: dict[str, Any], zone: tzinfo) -> datetime:
    moment = _moment(raw, "date", zone)
    if moment is None:
        raise UnreadableError("bad_date")
    return moment


def _moment(raw: dict[str, Any], name: str, zone: tzinfo) -> datetime | None:
    """The moment from ``<name>_unixtime``, else from ``<name>``, local time of the exporting computer."""
    unix, local = raw.get(f"{name}_unixtime"), raw.get(name)
    try:
        if isinstance(unix, str | int) and str(unix).strip():
            moment = datetime.fromtimestamp(int(unix), UTC)
        elif isinstance(local, str):
            moment = datetime.fromisoformat(local)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return moment if _EPOCH <= moment < _END else None


def _name(value: Any) -> str | None:
    return storable(value)[:500] if isinstance(value, str) and value else None


def _details(raw: dict[str, Any]) -> str:
    """Everything that has no field of its own, as storable JSON."""
    kept = {key: value for key, value in raw.items() if key not in _READ}
    return json.dumps(_storable(kept), ensure_ascii=False, default=str)


def _storable(value: Any) -> Any:
    """The same value with every string, names too, fit for the database; the stream bounds the depth."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): _storable(item) for key, item in value.items()}
    return value if isinstance(value, bool | float | None) or abs(value) <= _MAX_ID else str(value)
