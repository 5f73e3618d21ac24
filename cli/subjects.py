"""What a user may call a post or an album: a post id, a workflow id, a link."""

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cli.errors import CommandError

_POST: Final = re.compile(r"post:([0-9a-fA-F-]{36}):(-?\d{1,18}):(\d{1,18})")
_ALBUM: Final = re.compile(r"album:([0-9a-fA-F-]{36}):(-?\d{1,18}):(-?\d{1,19})")
_PRIVATE: Final = re.compile(
    r"(?:https?://)?(?:www\.)?t(?:elegram)?\.me/c/(\d{1,13})(?:/\d+)?/(\d{1,18})(?:[?#].*)?/?"
)
_PUBLIC: Final = re.compile(
    r"(?:https?://)?(?:www\.)?t(?:elegram)?\.me/(?:s/)?(\w{3,64})(?:/\d+)?/(\d{1,18})(?:[?#].*)?/?"
)


@dataclass(frozen=True)
class PostById:
    """A post by its id, ours or a producer's."""

    post_id: UUID


@dataclass(frozen=True)
class PostByMessage:
    """A post by its channel (a marked Telegram id or a username) and message; any tenant's unless one is named."""

    channel: str
    message_id: int
    tenant_id: UUID | None = None


@dataclass(frozen=True)
class Album:
    """An album by what its workflow's id says."""

    tenant_id: UUID
    tg_channel_id: int
    grouped_id: int


Subject = PostById | PostByMessage | Album


def _whole(digits: str) -> int:
    """Return the number when a database can hold it."""
    number = int(digits)
    if abs(number) >= 1 << 63:
        raise ValueError(digits)
    return number


def subject_of(words: str) -> Subject:
    """Return whom the words mean.

    Raises:
        CommandError: they are none of the things that name a post or an album.
    """
    words = words.strip()
    try:
        if found := _POST.fullmatch(words):
            return PostByMessage(found[2], int(found[3]), UUID(found[1]))
        if found := _ALBUM.fullmatch(words):
            return Album(UUID(found[1]), int(found[2]), _whole(found[3]))
        if found := _PRIVATE.fullmatch(words):
            return PostByMessage(str(-1_000_000_000_000 - int(found[1])), int(found[2]))
        if found := _PUBLIC.fullmatch(words):
            return PostByMessage(found[1], int(found[2]))
        return PostById(UUID(words))
    except ValueError as error:
        raise CommandError(
            f"{words!r} is no post id, no workflow id (post:…, album:…) and no link like https://t.me/c/123/45",
            2,
        ) from error
