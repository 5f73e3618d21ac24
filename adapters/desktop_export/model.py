"""What a Telegram Desktop export says, once it is read."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

ReactionKind = Literal["emoji", "custom_emoji", "paid"]
Source = Literal["channel", "group", "dm"]
#: Files that Telegram puts into one album: pictures with videos, documents, or pieces of music.
AlbumKind = Literal["visual", "document", "audio"]


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True)


class ExportedChat(_Read):
    """The chat that messages belong to. ``id`` is bare, ``tg_channel_id`` Telegram's marked id."""

    id: int
    type: str
    name: str | None
    tg_channel_id: int
    source: Source

    def post_url(self, message_id: int) -> str | None:
        """Return the link that opens a message; only channels and supergroups have one."""
        if self.tg_channel_id > -1_000_000_000_000 or message_id <= 0:
            return None
        return f"https://t.me/c/{self.id}/{message_id}"


class ExportedFile(_Read):
    """The file of a message as declared: ``path`` relative to the export, or a sentence why there is none."""

    path: str
    mime: str
    name: str | None = None
    album_kind: AlbumKind | None = None


class Peer(_Read):
    """Who is meant by ``user123``, ``channel123`` or ``chat123``."""

    kind: Literal["user", "channel", "chat"]
    id: int

    @property
    def marked_id(self) -> int:
        """Telegram's marked id: -100… for channels, negative for chats."""
        return {"user": self.id, "chat": -self.id, "channel": -1_000_000_000_000 - self.id}[self.kind]

    def as_json(self) -> dict[str, int]:
        """Return the peer as events carry it."""
        return {f"{self.kind}_id": self.id}


class Reaction(_Read):
    """How often a message got one reaction; ``value`` is the emoji, or the custom emoji's document id."""

    kind: ReactionKind
    value: str
    count: int


class ExportedMessage(_Read):
    """One message that is a post. ``details_json`` holds what no field has, as JSON.

    ``local_time``: the export knows the moment only as local time of the exporting computer.
    """

    id: int
    posted_at: AwareDatetime
    local_time: bool = False
    edited_at: AwareDatetime | None = None
    text: str = ""
    links: tuple[str, ...] = ()
    file: ExportedFile | None = None
    author: Peer | None = None
    author_name: str | None = None
    signature: str | None = None
    forwarded: bool = False
    forwarded_from: Peer | None = None
    forwarded_name: str | None = None
    reply_to_message_id: int | None = None
    reply_to_chat_id: int | None = None
    reactions: tuple[Reaction, ...] = ()
    details_json: str = "{}"


class ExportedChannelPhoto(_Read):
    """A service message that says that the chat got a new picture. It is no post."""

    id: int
    posted_at: AwareDatetime
    file: ExportedFile


class Skipped(_Read):
    """A message that is no post, and why: service, unsupported, or what is wrong with it."""

    id: int | None
    reason: str
