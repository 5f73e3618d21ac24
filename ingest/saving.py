"""One batch of an import into the database: merged with what is stored, and told of in the same transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from adapters.postgres.ingest import IngestBatch, IngestStore
from adapters.postgres.ingest_rows import ChannelPhotoRow, ChannelRow, PostRow
from contracts.outgoing import Outgoing, outgoing
from ingest.announcing import album_kind, album_parsed, caption, post_parsed, vision_uploaded, with_content
from ingest.merging import content_key, merged, settled, with_known_albums


@dataclass(frozen=True)
class Arrived:
    """What a batch brings: versions of posts, in message order, and pictures that the channel got."""

    posts: Sequence[PostRow]
    channel_photos: Sequence[ChannelPhotoRow] = ()


@dataclass
class Saved:
    """What a batch did: posts that were new, that changed, that have only other counters; albums, channel pictures."""

    new: list[PostRow] = field(default_factory=list)
    changed: list[PostRow] = field(default_factory=list)
    refreshed: list[PostRow] = field(default_factory=list)
    unchanged: int = 0
    other_files: set[UUID] = field(default_factory=set)
    albums_new: int = 0
    albums_grown: int = 0
    channel_pictures_new: int = 0


async def save(store: IngestStore, channel: ChannelRow, arrived: Arrived, now: datetime) -> Saved:
    """Store what arrived, and in the same transaction tell which posts and albums are new or changed.

    Idempotent: the same again changes nothing and tells nothing.

    Raises:
        RejectedError: a post can never be stored as it is.
        UnavailableError: the database did not answer; nothing of the batch is stored.
    """
    async with store.batch(channel) as batch:
        saved = await _posts(batch, arrived.posts)
        saved.channel_pictures_new = await _channel_photos(batch, arrived.channel_photos)
        written = [*saved.new, *saved.changed, *saved.refreshed]
        if written:
            await batch.write_media(written)
            await batch.write_relations(written)
        events = _post_events(channel, saved, now) + await _albums(batch, channel, saved, now)
        await batch.tell(events)
    return saved


async def _posts(batch: IngestBatch, posts: Sequence[PostRow]) -> Saved:
    numbers = [post.telegram_message_id for post in posts]
    stored = await batch.stored(numbers)
    posts = [settled(post) for post in with_known_albums(posts, stored)]
    fresh = [post for post in posts if post.telegram_message_id not in stored]
    inserted = await batch.insert(fresh) if fresh else set()
    if len(inserted) < len(fresh):  # somebody else had them first
        raced = {post.telegram_message_id for post in fresh if post.id not in inserted}
        stored |= await batch.stored(sorted(raced))
    saved = Saved(new=[post for post in fresh if post.id in inserted])
    for post in posts:
        if (old := stored.get(post.telegram_message_id)) is not None:
            _sort(settled(old), post, saved)
    if saved.changed or saved.refreshed:
        await batch.update([*saved.changed, *saved.refreshed])
    return saved


async def _channel_photos(batch: IngestBatch, photos: Sequence[ChannelPhotoRow]) -> int:
    """Keep the pictures that are new, or whose bytes are; return how many those are."""
    if not photos:
        return 0
    stored = await batch.stored_channel_photos([photo.telegram_message_id for photo in photos])
    fresh = [photo for photo in photos if _is_news(photo, stored.get(photo.telegram_message_id))]
    if fresh:
        await batch.write_channel_photos(fresh)
    return len(fresh)


def _is_news(photo: ChannelPhotoRow, has_bytes: bool | None) -> bool:
    """Whether the picture is not stored (None), or brings the bytes that were missing; bytes that are there stay."""
    return has_bytes is None or (not has_bytes and not photo.media.missing)


def _sort(old: PostRow, new: PostRow, saved: Saved) -> None:
    result = merged(old, new)
    if result == old:
        saved.unchanged += 1
    elif content_key(result) == content_key(old):
        saved.refreshed.append(result)
    else:
        saved.changed.append(result)
        if result.media != old.media:
            saved.other_files.add(result.id)


def _post_events(channel: ChannelRow, saved: Saved, now: datetime) -> list[tuple[UUID | str, Outgoing]]:
    events: list[tuple[UUID | str, Outgoing]] = []
    for posts, new in ((saved.new, True), (saved.changed, False)):
        for post in posts:
            events.append((post.id, outgoing(post_parsed(channel, post, new=new, now=now))))
            uploaded = vision_uploaded(post, new=new, now=now)
            if uploaded is not None and (new or post.id in saved.other_files):
                events.append((post.id, outgoing(uploaded)))
    return events


async def _albums(
    batch: IngestBatch, channel: ChannelRow, saved: Saved, now: datetime
) -> list[tuple[UUID | str, Outgoing]]:
    touched = {
        p.grouped_id for p in (*saved.new, *saved.changed, *saved.refreshed) if p.grouped_id is not None
    }
    events: list[tuple[UUID | str, Outgoing]] = []
    for stored in await batch.albums(sorted(touched)) if touched else ():
        album = with_content(stored)
        number = await batch.write_album(album, album_kind(album.items), caption(album.items))
        if album.content_hash != stored.content_hash:
            new = not stored.id
            saved.albums_new, saved.albums_grown = saved.albums_new + new, saved.albums_grown + (not new)
            event = album_parsed(channel, album.model_copy(update={"id": number}), new=new, now=now)
            events.append((f"{channel.id}:{album.grouped_id}", outgoing(event)))
    return events
