"""Finds the chats of an export, of one chat or of a whole account, and walks through the chosen one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from adapters.desktop_export.errors import ImportRefusedError
from adapters.desktop_export.model import ExportedChat, Source
from adapters.desktop_export.stream import JsonEvent, skip, value_of
from domain.text import storable

_LISTS: Final = ("chats", "left_chats")
_CHANNELS: Final = frozenset({"private_channel", "public_channel"})
_SUPERGROUPS: Final = frozenset({"private_supergroup", "public_supergroup"})
_DIALOGS: Final = frozenset({"saved_messages", "replies", "verification_codes", "personal_chat", "bot_chat"})
#: Telegram's bare ids stay below this; what is above cannot be marked and stored.
_MAX_ID: Final = 1 << 52


class ChatHead(BaseModel):
    """What stands before a chat's messages; ``alone`` when the export is of this chat only."""

    model_config = ConfigDict(frozen=True)

    name: str | None
    type: str
    id: int
    alone: bool

    def is_called(self, wanted: str) -> bool:
        """Whether ``wanted`` is this chat's name, its bare id or its marked id."""
        return wanted.strip() in {self.name, str(self.id), str(_marked(self.type, self.id))}

    def chat(self) -> ExportedChat:
        """Return the chat.

        Raises:
            ImportRefusedError: it is of a kind that no known export has.
        """
        known = _CHANNELS | _SUPERGROUPS | _DIALOGS | {"private_group"}
        if self.type not in known:
            raise ImportRefusedError(f"chat {self.id} has the unknown type {self.type!r}", 1)
        marked = _marked(self.type, self.id)
        return ExportedChat(
            id=self.id, type=self.type, name=self.name, tg_channel_id=marked, source=_source(self.type)
        )


def _marked(kind: str, bare: int) -> int:
    if kind in _CHANNELS | _SUPERGROUPS:
        return -1_000_000_000_000 - bare
    return -bare if kind == "private_group" else bare


def _source(kind: str) -> Source:
    if kind in _DIALOGS:
        return "dm"
    return "channel" if kind in _CHANNELS else "group"


def walk(
    stream: Iterator[JsonEvent], path: Path, wanted: Callable[[ChatHead], bool]
) -> Iterator[ChatHead | dict[str, Any] | None]:
    """Return each chat's head, and after a wanted one its messages (None for one that is no object).

    Raises:
        ImportRefusedError: this is no export.
    """
    if next(stream) != ("start_map", None):
        raise ImportRefusedError(f"{path} is JSON, but no Telegram Desktop export", 1)
    found = False
    for item in _chat(stream, path, wanted, alone=True):
        found = True
        yield item
    if not found:
        raise ImportRefusedError(f"{path} is JSON, but there are no messages in it", 1)


def _chat(
    stream: Iterator[JsonEvent], path: Path, wanted: Callable[[ChatHead], bool], *, alone: bool
) -> Iterator[ChatHead | dict[str, Any] | None]:
    facts: dict[str, Any] = {}
    for key, first in _members(stream):
        if key == "messages" and first[0] == "start_array":
            head = _head(facts, path, alone=alone)
            yield head
            if wanted(head):
                yield from _messages(stream)
            else:
                skip(first, stream)
        elif alone and key in _LISTS and first[0] == "start_map":
            yield from _chats(stream, path, wanted)
        elif key in {"name", "type", "id"}:
            facts[key] = value_of(first, stream)
        else:
            skip(first, stream)


def _chats(
    stream: Iterator[JsonEvent], path: Path, wanted: Callable[[ChatHead], bool]
) -> Iterator[ChatHead | dict[str, Any] | None]:
    for key, first in _members(stream):
        if key != "list" or first[0] != "start_array":
            skip(first, stream)
            continue
        for item in _items(stream):
            if item[0] == "start_map":
                yield from _chat(stream, path, wanted, alone=False)
            else:
                skip(item, stream)


def _messages(stream: Iterator[JsonEvent]) -> Iterator[dict[str, Any] | None]:
    for first in _items(stream):
        value = value_of(first, stream)
        yield value if isinstance(value, dict) else None


def _members(stream: Iterator[JsonEvent]) -> Iterator[tuple[str, JsonEvent]]:
    """The members of an object that was just opened: each name with the event that its value begins with."""
    for event, value in stream:
        if event == "end_map":
            return
        yield value, next(stream)


def _items(stream: Iterator[JsonEvent]) -> Iterator[JsonEvent]:
    for event in stream:
        if event[0] == "end_array":
            return
        yield event


def _head(facts: dict[str, Any], path: Path, *, alone: bool) -> ChatHead:
    bare, name = facts.get("id"), facts.get("name")
    if not isinstance(bare, int) or isinstance(bare, bool) or not 0 < abs(bare) < _MAX_ID:
        raise ImportRefusedError(f"{path}: a chat without an id stands before its messages", 1)
    title = storable(name)[:500] if isinstance(name, str) else None
    return ChatHead(name=title, type=str(facts.get("type")), id=bare, alone=alone)
