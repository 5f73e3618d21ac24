"""Exported messages as rows."""

import json
from typing import Any
from uuid import UUID

from adapters.desktop_export.albums import Run, inferred_id
from adapters.desktop_export.model import ExportedChannelPhoto, ExportedChat, ExportedMessage
from adapters.postgres.ingest_rows import ChannelPhotoRow, ChannelRow, MediaRow, PostRow, ReactionRow
from contracts import identity
from domain.text import content_hash


def channel_row(chat: ExportedChat, tenant_id: UUID) -> ChannelRow:
    """Return the channel that a chat is for a tenant."""
    return ChannelRow(
        id=identity.channel_id(tenant_id, chat.tg_channel_id),
        tenant_id=tenant_id,
        tg_channel_id=chat.tg_channel_id,
        title=chat.name,
    )


def post_row(chat: ExportedChat, channel: ChannelRow, message: ExportedMessage, album: int | None) -> PostRow:
    """Return the post that a message is; its files come later."""
    post_id = identity.post_id(channel.tenant_id, channel.tg_channel_id, message.id)
    return PostRow(
        id=post_id,
        tenant_id=channel.tenant_id,
        channel_id=channel.id,
        telegram_message_id=message.id,
        content=message.text,
        content_hash=content_hash(message.text),
        urls=message.links,
        posted_at=message.posted_at,
        edited_at=message.edited_at,
        telegram_post_url=chat.post_url(message.id),
        reactions_count=min(sum(reaction.count for reaction in message.reactions), (1 << 31) - 1),
        post_author=message.signature or message.author_name,
        reply_to_message_id=message.reply_to_message_id,
        reply_to_chat_id=message.reply_to_chat_id,
        grouped_id=album,
        **_forward(message),
        source=chat.source,
        trace_id=identity.trace_id(post_id),
        details=_details(message),
        reactions=tuple(ReactionRow(kind=r.kind, value=r.value, count=r.count) for r in message.reactions),
    )


def _forward(message: ExportedMessage) -> dict[str, Any]:
    if not message.forwarded:
        return {}
    origin = message.forwarded_from
    return {
        "forward_from_peer_id": origin.as_json() if origin else None,
        "forward_from_chat_id": origin.marked_id if origin else None,
        "forward_from_name": message.forwarded_name,
    }


def _details(message: ExportedMessage) -> dict[str, Any]:
    details: dict[str, Any] = json.loads(message.details_json)
    if message.author:
        details["author_peer_id"] = message.author.as_json()
    return details


def album_of(chat: ExportedChat, run: Run) -> int | None:
    """Return the id of the album that a run of messages is taken for, None for a single message."""
    return inferred_id(chat.tg_channel_id, run[0].id) if len(run) > 1 else None


def channel_photo_id(channel: ChannelRow, photo: ExportedChannelPhoto) -> UUID:
    """Return the id that a channel's picture has."""
    return identity.channel_photo_id(channel.tenant_id, channel.tg_channel_id, photo.id)


def channel_photo_row(channel: ChannelRow, photo: ExportedChannelPhoto, media: MediaRow) -> ChannelPhotoRow:
    """Return the channel's picture with its file."""
    photo_id = channel_photo_id(channel, photo)
    return ChannelPhotoRow(
        id=photo_id,
        telegram_message_id=photo.id,
        posted_at=photo.posted_at,
        media=media,
        trace_id=identity.trace_id(photo_id),
    )


def with_media(post: PostRow, media: MediaRow) -> PostRow:
    """Return the post with its file."""
    return post.model_copy(update={"media": (media,)})
