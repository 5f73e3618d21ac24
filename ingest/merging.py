"""How a version of a post meets what is stored: newer words win, nothing is blanked, counters are kept."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from adapters.postgres.ingest_rows import MediaRow, PostRow
from contracts.identity import digest

#: A new value replaces the old one, no value leaves it.
_FILLED: Final = (
    "telegram_post_url", "post_author", "reply_to_message_id", "reply_to_chat_id",
    "thread_id", "forward_from_peer_id", "forward_from_chat_id",
    "forward_from_message_id", "forward_date", "forward_from_name",
)  # fmt: skip


def settled(row: PostRow) -> PostRow:
    """Return the row with reactions in one order, so that two rows can be compared."""
    ordered = tuple(sorted(row.reactions, key=lambda r: (r.kind, r.value)))
    return row.model_copy(update={"reactions": ordered})


def merged(stored: PostRow, new: PostRow) -> PostRow:
    """Return what is to be stored after ``new`` arrived; equal to ``stored`` when it brought nothing."""
    newer = (new.edited_at or new.posted_at) >= (stored.edited_at or stored.posted_at)
    edits = [moment for moment in (stored.edited_at, new.edited_at) if moment]
    changes: dict[str, Any] = {name: _either(new, stored, name, newer=newer) for name in _FILLED}
    changes |= _words(stored, new, newer=newer) | _counters(stored, new, newer=newer)
    changes |= {
        "edited_at": max(edits, default=None),
        "grouped_id": stored.grouped_id or new.grouped_id,
        "details": {**stored.details, **new.details} if newer else {**new.details, **stored.details},
        "media": _media(stored.media, new.media, newer=newer),
    }
    return settled(stored.model_copy(update=changes))


def _either(new: PostRow, stored: PostRow, name: str, *, newer: bool) -> Any:
    first, second = (new, stored) if newer else (stored, new)
    value = getattr(first, name)
    return getattr(second, name) if value is None else value


def _words(stored: PostRow, new: PostRow, *, newer: bool) -> dict[str, Any]:
    """Text and links go together: a newer text brings its own, the same text never loses any."""
    if not new.content or (stored.content and not newer):
        urls = stored.urls or new.urls
        return {"urls": urls}
    same = new.content_hash == stored.content_hash
    urls = tuple(dict.fromkeys((*stored.urls, *new.urls))) if same else new.urls
    return {"content": new.content, "content_hash": new.content_hash, "urls": urls}


def _counters(stored: PostRow, new: PostRow, *, newer: bool) -> dict[str, Any]:
    counters: dict[str, Any] = {
        "views_count": max(stored.views_count, new.views_count),
        "forwards_count": max(stored.forwards_count, new.forwards_count),
    }
    if new.reactions and (newer or not stored.reactions):
        counters |= {"reactions": new.reactions, "reactions_count": new.reactions_count}
    return counters


def _media(stored: Sequence[MediaRow], new: Sequence[MediaRow], *, newer: bool) -> tuple[MediaRow, ...]:
    old, fresh = {m.position: m for m in stored}, {m.position: m for m in new}
    both = {place: _file(old[place], fresh[place], newer=newer) for place in old.keys() & fresh.keys()}
    return tuple(file for _, file in sorted({**old, **fresh, **both}.items()))


def _file(stored: MediaRow, new: MediaRow, *, newer: bool) -> MediaRow:
    """Bytes beat no bytes; of two files the newer version's; of the same file what is stored of it."""
    if bool(stored.missing) != bool(new.missing):
        return new if stored.missing else stored
    if stored.sha256 == new.sha256 and not stored.missing:
        return stored
    return new if newer else stored


def content_key(row: PostRow) -> str:
    """Return what changes when a post must be looked at again: words, links, files, forward, reply."""
    files = sorted(m.sha256 for m in row.media)
    forward = (row.forward_from_chat_id, row.forward_from_message_id, row.forward_from_name)
    return digest(row.content_hash, row.urls, files, forward, row.reply_to_message_id, row.reply_to_chat_id)


def with_known_albums(posts: Sequence[PostRow], stored: Mapping[int, PostRow]) -> list[PostRow]:
    """Return the posts with the album of a stored member of their run, so that none is made twice.

    Members without a stored album follow the one before them, the first ones the one after them.
    """
    known = {number: row.grouped_id for number, row in stored.items() if row.grouped_id is not None}
    albums = {
        p.grouped_id: known[p.telegram_message_id] for p in reversed(posts) if p.telegram_message_id in known
    }
    chosen: list[PostRow] = []
    for post in posts:
        own = known.get(post.telegram_message_id)
        if own is not None:
            albums[post.grouped_id] = own
        elif post.grouped_id is not None:
            own = albums.get(post.grouped_id, post.grouped_id)
        chosen.append(post.model_copy(update={"grouped_id": own}))
    return chosen
