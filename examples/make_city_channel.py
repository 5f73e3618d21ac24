"""Makes examples/city_channel: an export of an invented city channel, the same bytes every time."""

import json
import re
import shutil
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

from examples import city_pages
from examples.city_pictures import draw
from examples.city_texts import POSTS

FOLDER: Final = Path(__file__).parent / "city_channel"
CHANNEL: Final = 1790001234
TITLE: Final = "Речной вестник"
_START: Final = datetime(2026, 3, 2, 6, 15, tzinfo=UTC)
_MOSCOW: Final = timezone(timedelta(hours=3))
_ABSENT: Final = "(File not included. Change data exporting settings to download.)"
_PIECES: Final = re.compile(r"(\*\*.+?\*\*|\[[^\]]+\]\([^)]+\)|https?://\S+|#[\wё]+)")


def main() -> None:
    """Draw the files, write the pages and result.json."""
    city_pages.write(FOLDER / "pages")
    for name in ("photos", "files", "voice_messages"):
        shutil.rmtree(FOLDER / name, ignore_errors=True)
        (FOLDER / name).mkdir(parents=True)
    messages = [_created()]
    moment = _START
    for number, post in enumerate(POSTS, start=2):
        moment += timedelta(hours=int(str(post.get("hours", 1))))
        messages.append(_message(number, post, moment))
    export = {"name": TITLE, "type": "public_channel", "id": CHANNEL, "messages": messages}
    body = json.dumps(export, ensure_ascii=False, indent=1)
    (FOLDER / "result.json").write_text(body + "\n", encoding="utf-8")


def _created() -> dict[str, Any]:
    actor = {"actor": TITLE, "actor_id": f"channel{CHANNEL}", "action": "create_channel", "title": TITLE}
    return {"id": 1, "type": "service", **_moment("date", _START), **actor, "text": "", "text_entities": []}


def _moment(name: str, moment: datetime) -> dict[str, str]:
    local = moment.astimezone(_MOSCOW).replace(tzinfo=None).isoformat()
    return {name: local, f"{name}_unixtime": str(int(moment.timestamp()))}


def _message(number: int, post: dict[str, object], moment: datetime) -> dict[str, Any]:
    entities = _entities(str(post.get("text", "")))
    message: dict[str, Any] = {"id": number, "type": "message", **_moment("date", moment)}
    if "edited_after" in post:
        message |= _moment("edited", moment + timedelta(hours=int(str(post["edited_after"]))))
    message |= {"from": TITLE, "from_id": f"channel{CHANNEL}"}
    if "forward" in post:
        message |= {"forwarded_from": post["forward"], "forwarded_from_id": "channel1790009999"}
    if "reply_to" in post:
        message["reply_to_message_id"] = post["reply_to"]
    message |= _file(number, post)
    message["text"] = [e["text"] if e["type"] == "plain" else e for e in entities] or ""
    message["text_entities"] = entities
    return message | _reactions(post)


def _entities(text: str) -> list[dict[str, str]]:
    return [_entity(piece) for piece in _PIECES.split(text) if piece]


def _entity(piece: str) -> dict[str, str]:
    if piece.startswith("**"):
        return {"type": "bold", "text": piece.strip("*")}
    if match := re.fullmatch(r"\[([^\]]+)\]\(([^)]+)\)", piece):
        return {"type": "text_link", "text": match.group(1), "href": match.group(2)}
    kind = "link" if piece.startswith("http") else "hashtag" if piece.startswith("#") else "plain"
    return {"type": kind, "text": piece}


def _reactions(post: dict[str, object]) -> dict[str, Any]:
    counts = post.get("reactions")
    if not isinstance(counts, dict):
        return {}
    return {
        "reactions": [{"type": "emoji", "count": count, "emoji": emoji} for emoji, count in counts.items()]
    }


def _file(number: int, post: dict[str, object]) -> dict[str, Any]:
    if isinstance(picture := post.get("photo"), tuple):
        path = f"photos/photo_{number}.jpg"
        draw(picture[0], picture[1], FOLDER / path)
        return {"photo": path, "photo_file_size": (FOLDER / path).stat().st_size, "width": 640, "height": 426}
    if "broken" in post:
        path = f"photos/photo_{number}.jpg"
        (FOLDER / path).write_bytes(bytes(range(7, 247)) * 8)
        return {"photo": path, "photo_file_size": 1920, "width": 640, "height": 426}
    if "poll" in post:
        return _poll(post["poll"])
    return _document(post)


def _poll(poll: Any) -> dict[str, Any]:
    question, names = poll
    answers = [{"text": name, "voters": 20 + 7 * place, "chosen": False} for place, name in enumerate(names)]
    voters = sum(20 + 7 * place for place in range(len(names)))
    return {"poll": {"question": question, "closed": False, "total_voters": voters, "answers": answers}}


def _document(post: dict[str, object]) -> dict[str, Any]:
    if "voice" in post:
        path = "voice_messages/audio_1.ogg"
        (FOLDER / path).write_bytes(b"OggS\x00\x02" + bytes(22) + b"\x01\x13OpusHead\x01\x01" + bytes(900))
        return {"file": path, "media_type": "voice_message", "mime_type": "audio/ogg", "duration_seconds": 14}
    if "apk" in post:
        path = "files/moy-avtobus.apk"
        (FOLDER / path).write_bytes(b"\x89APK\x00" + bytes(range(256)) * 6)
        mime = "application/vnd.android.package-archive"
        return {"file": path, "file_name": "moy-avtobus.apk", "mime_type": mime}
    if "absent" in post:
        return {
            "file": _ABSENT,
            "file_name": "pavilion.mp4",
            "media_type": "video_file",
            "mime_type": "video/mp4",
        }
    return {}


if __name__ == "__main__":
    main()
