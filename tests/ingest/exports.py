"""Builders of Telegram Desktop exports."""

import json
from pathlib import Path
from typing import Any

CHAT = 1234567890
MARKED = -1001234567890
#: The smallest bytes that are recognised as a PNG.
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + bytes(40)


def a_message(id: int, text: Any = "Привет", *, second: int | None = None, **changes: Any) -> dict[str, Any]:
    """One message of a channel, a minute after the one before it unless ``second`` says otherwise."""
    stamp = 1_700_000_000 + (id * 60 if second is None else second)
    return {
        "id": id,
        "type": "message",
        "date": "2023-11-14T22:13:20",
        "date_unixtime": str(stamp),
        "from": "Канал",
        "from_id": f"channel{CHAT}",
        "text": text,
        "text_entities": [],
        **changes,
    }


def a_picture(id: int, folder: Path, *, body: bytes = PNG, **changes: Any) -> dict[str, Any]:
    """A message with a picture of its own, whose file is written."""
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    path = f"photos/{id}.png"
    (folder / path).write_bytes(body + id.to_bytes(4, "big"))
    return a_message(id, changes.pop("text", ""), photo=path, **changes)


def a_channel_photo(id: int, path: str = "photos/own.png", **changes: Any) -> dict[str, Any]:
    """A service message that gives the channel a new picture; its file is not written."""
    service = {"type": "service", "actor": "Канал", "action": "edit_group_photo", "photo": path}
    return a_message(id, "", **{**service, "photo_file_size": 52, "width": 640, "height": 640, **changes})


def an_export(folder: Path, *messages: Any, **changes: Any) -> Path:
    """Write a result.json of one chat with these messages into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    chat = {"name": "Канал", "type": "public_channel", "id": CHAT, "messages": list(messages), **changes}
    (folder / "result.json").write_text(json.dumps(chat), encoding="utf-8")
    return folder
