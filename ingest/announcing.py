"""The events of an ingest: posts.parsed, posts.vision.uploaded, albums.parsed; keys follow from content."""

import hashlib
import json
from datetime import datetime
from typing import Any

from adapters.postgres.ingest_rows import AlbumItemRow, AlbumRow, ChannelRow, PostRow
from contracts.events import AlbumParsed, MediaFile, PostParsed, VisionUploaded
from contracts.identity import digest, trace_id
from ingest.merging import content_key


def post_parsed(channel: ChannelRow, post: PostRow, *, new: bool, now: datetime) -> PostParsed:
    """Return the event of a post; that of a changed version has a key of its own."""
    key = f"{post.tenant_id}:{channel.id}:{post.telegram_message_id}"
    version = "" if new else f":{digest(content_key(post), post.edited_at)[:12]}"
    columns = post.model_dump(include=PostParsed.model_fields.keys() - {"idempotency_key"})
    return PostParsed.model_validate(
        {
            **columns,
            **_author(post.details),
            "idempotency_key": key + version,
            "occurred_at": now,
            "post_id": post.id,
            "text": post.content,
            "link_count": len(post.urls),
            "media_sha256_list": tuple(m.sha256 for m in post.media if not m.missing),
            "has_media": bool(post.media),
            "is_edited": post.edited_at is not None,
            "author_name": post.post_author,
            "tg_channel_id": channel.tg_channel_id,
            "channel_title": channel.title,
            "channel_username": channel.username,
        }
    )


def _author(details: dict[str, Any]) -> dict[str, Any]:
    peer = details.get("author_peer_id")
    if not isinstance(peer, dict) or len(peer) != 1:
        return {}
    return {"author_peer_id": peer, "author_type": next(iter(peer)).removesuffix("_id")}


def vision_uploaded(post: PostRow, *, new: bool, now: datetime) -> VisionUploaded | None:
    """Return the event of a post's stored pictures, None when it has none."""
    pictures = [m for m in post.media if m.s3_key and m.mime.startswith("image/")]
    if not pictures:
        return None
    files = tuple(
        MediaFile(sha256=m.sha256, s3_key=m.s3_key or "", mime_type=m.mime, size_bytes=m.size_bytes)
        for m in pictures
    )
    version = "" if new else f":{digest(*(m.sha256 for m in pictures))[:12]}"
    return VisionUploaded(
        trace_id=post.trace_id,
        occurred_at=now,
        idempotency_key=f"{post.tenant_id}:{post.id}:vision_upload{version}",
        tenant_id=post.tenant_id,
        post_id=post.id,
        media_files=files,
    )


def with_content(album: AlbumRow) -> AlbumRow:
    """Return the album with the hash and the count of the items that it has now."""
    facts = {
        "post_ids": [str(item.post_id) for item in album.items],
        "media_types": [item.media_type for item in album.items],
        "sha256s": [item.sha256 for item in album.items],
    }
    hashed = hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
    return album.model_copy(update={"content_hash": hashed, "items_count": len(album.items)})


def album_kind(items: tuple[AlbumItemRow, ...]) -> str:
    """Return photo, video or document when all items are, else mixed."""
    kinds = {item.media_type for item in items}
    return kinds.pop() if len(kinds) == 1 else "mixed"


def caption(items: tuple[AlbumItemRow, ...]) -> str | None:
    """Return the first text of an album, wherever it stands."""
    return next((item.content for item in items if item.content), None)


def album_parsed(channel: ChannelRow, album: AlbumRow, *, new: bool, now: datetime) -> AlbumParsed:
    """Return the event of a stored album; that of a grown or changed one has a key of its own."""
    key = f"{channel.tenant_id}:{channel.id}:{album.grouped_id}"
    version = "" if new else f":{album.items_count}:{(album.content_hash or '')[:12]}"
    return AlbumParsed(
        trace_id=trace_id(key),
        occurred_at=now,
        idempotency_key=key + version,
        channel_id=channel.id,
        tenant_id=channel.tenant_id,
        album_id=album.id,
        grouped_id=album.grouped_id,
        album_kind=album_kind(album.items),
        items_count=album.items_count,
        caption_text=caption(album.items),
        posted_at=album.items[0].posted_at,
        post_ids=tuple(item.post_id for item in album.items),
        cover_media_id=album.items[0].sha256,
        content_hash=album.content_hash,
        tg_channel_id=channel.tg_channel_id,
        inferred=album.grouped_id < 0,
    )
