"""The parts of a message: its file, its reactions, and who is meant."""

import mimetypes
import re
from pathlib import PurePosixPath
from typing import Any, Final

from adapters.desktop_export.model import AlbumKind, ExportedFile, Peer, Reaction, ReactionKind
from domain.text import storable

_PEER: Final = re.compile(r"^(user|channel|chat)(\d{1,15})$")
_MAX_COUNT: Final = (1 << 31) - 1
_FALLBACK: Final = "application/octet-stream"
#: What each kind of media is when the export names no type.
_MIMES: Final = {
    "sticker": "image/webp",
    "video_message": "video/mp4",
    "voice_message": "audio/ogg",
    "animation": "video/mp4",
    "video_file": "video/mp4",
    "audio_file": "audio/mpeg",
}
_ALBUMS: Final[dict[str | None, AlbumKind]] = {
    None: "document",
    "video_file": "visual",
    "audio_file": "audio",
}


def peer(value: Any) -> Peer | None:
    """Return who ``user123``, ``channel123`` or ``chat123`` is; None for anything else."""
    match = _PEER.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    return Peer.model_validate({"kind": match.group(1), "id": int(match.group(2))})


def reactions(value: Any) -> tuple[Reaction, ...]:
    """Return the countable reactions, one per kind and value; what cannot be counted is left out."""
    counts: dict[tuple[ReactionKind, str], int] = {}
    for raw in value if isinstance(value, list) else ():
        if (found := _reaction(raw)) is not None:
            key = (found.kind, found.value)
            counts[key] = min(counts.get(key, 0) + found.count, _MAX_COUNT)
    return tuple(Reaction(kind=kind, value=name, count=count) for (kind, name), count in counts.items())


def _reaction(raw: Any) -> Reaction | None:
    if not isinstance(raw, dict):
        return None
    kind, count = raw.get("type", "emoji"), raw.get("count")
    if kind not in ("emoji", "custom_emoji", "paid") or not isinstance(count, int) or count < 1:
        return None
    value = raw.get("document_id") if kind == "custom_emoji" else raw.get("emoji", "")
    if not isinstance(value, str):
        return None
    return Reaction(kind=kind, value=storable(value)[:300], count=min(count, _MAX_COUNT))


def attached(raw: dict[str, Any]) -> ExportedFile | None:
    """Return the file that the message says it has; its path may be a sentence why it is not there."""
    if isinstance(photo := raw.get("photo"), str):
        return ExportedFile(path=photo, mime="image/jpeg", album_kind="visual")
    if not isinstance(path := raw.get("file"), str):
        return None
    kind = raw.get("media_type") if isinstance(raw.get("media_type"), str) else None
    name = raw.get("file_name") if isinstance(raw.get("file_name"), str) else None
    mime = raw.get("mime_type") if isinstance(raw.get("mime_type"), str) else None
    named = storable(name)[:255] if name else PurePosixPath(storable(path)).name[:255]
    guessed = mimetypes.guess_type(named)[0]
    declared = mime or _MIMES.get(kind or "") or guessed or _FALLBACK
    return ExportedFile(path=path, mime=storable(declared)[:127], name=named, album_kind=_ALBUMS.get(kind))
