"""What a user may call a post, an album or a channel picture: a post id, a workflow id, a link."""

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cli.errors import CommandError
from contracts.identity import WorkflowName, album_workflow_id, channel_photo_workflow_id, workflow_name

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

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that owns this album."""
        return album_workflow_id(self.tenant_id, self.tg_channel_id, self.grouped_id)


@dataclass(frozen=True)
class ChannelPicture:
    """A channel picture by what its workflow's id says."""

    tenant_id: UUID
    tg_channel_id: int
    message_id: int

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that owns this picture."""
        return channel_photo_workflow_id(self.tenant_id, self.tg_channel_id, self.message_id)


Subject = PostById | PostByMessage | Album | ChannelPicture


def subject_of(words: str) -> Subject:
    """Return whom the words mean.

    Raises:
        CommandError: they are none of the things that name a post, an album or a channel picture.
    """
    words = words.strip()
    try:
        if name := workflow_name(words):
            return _named(name)
        if found := _PRIVATE.fullmatch(words):
            return PostByMessage(str(-1_000_000_000_000 - int(found[1])), int(found[2]))
        if found := _PUBLIC.fullmatch(words):
            return PostByMessage(found[1], int(found[2]))
        return PostById(UUID(words))
    except ValueError as error:
        raise CommandError(
            f"{words!r} is no post id, no workflow id (post:…, album:…, channel-photo:…) and no link like https://t.me/c/123/45",
            2,
        ) from error


def _named(name: WorkflowName) -> Subject:
    kind, tenant, channel, number = name
    if kind == "post":
        return PostByMessage(str(channel), number, tenant)
    return (Album if kind == "album" else ChannelPicture)(tenant, channel, number)
