"""Albums put together again: exports do not say which messages were sent as one."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

from adapters.desktop_export.errors import ImportRefusedError
from adapters.desktop_export.model import ExportedMessage

MAX_ITEMS: Final = 10
#: Items of one album are stamped within a second of each other.
_MAX_SECONDS: Final = 1.0

Run = tuple[ExportedMessage, ...]


def runs(messages: Iterable[ExportedMessage]) -> Iterator[Run]:
    """Return the messages in order, those of one inferred album together, every other one alone.

    Raises:
        ImportRefusedError: the export broke off; the last run before that place has been returned.
    """
    run: list[ExportedMessage] = []
    try:
        for message in messages:
            if run and not _belongs(message, run):
                yield tuple(run)
                run = []
            run.append(message)
    except ImportRefusedError:
        if run:
            yield tuple(run)
        raise
    if run:
        yield tuple(run)


def _belongs(message: ExportedMessage, run: list[ExportedMessage]) -> bool:
    last = run[-1]
    return (
        len(run) < MAX_ITEMS
        and message.id == last.id + 1
        and _origin(message) == _origin(last)
        and _album_kind(message) is not None
        and _album_kind(message) == _album_kind(last)
        and 0 <= (message.posted_at - last.posted_at).total_seconds() <= _MAX_SECONDS
        and not (message.text and any(item.text for item in run))
        and not (message.reactions and any(item.reactions for item in run))
    )


def _origin(message: ExportedMessage) -> tuple[object, ...]:
    return message.author, message.author_name, message.forwarded_from, message.forwarded_name


def _album_kind(message: ExportedMessage) -> str | None:
    return message.file.album_kind if message.file else None


def inferred_id(chat: int, first_message: int) -> int:
    """Return the id of an inferred album: negative, 62 bits, the same on every import."""
    key = hashlib.sha256(f"exp:{chat}:{first_message}".encode()).digest()
    return -(int.from_bytes(key[:8], "big") >> 2 or 1)
