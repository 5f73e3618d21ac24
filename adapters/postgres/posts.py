"""Posts: saving what was parsed, and reading what stages need."""

from typing import Any
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from adapters.postgres.rows import query
from contracts.changes import PostEdited
from contracts.errors import RejectedError
from contracts.events import PostParsed
from contracts.identity import digest, post_id
from contracts.material import Forward, PostMaterial
from contracts.post import MediaRef, PostRef, PostState
from contracts.stages import StageTiming
from domain.links import found_in, unique
from domain.standards import Standards
from domain.text import content_hash, storable
from domain.treating import Surroundings

_MARK_FAILED = """
UPDATE posts SET enrichment_status = 'failed', enrichment_error = $4, is_processed = false
WHERE tenant_id = $1 AND channel_id = $2 AND telegram_message_id = $3
"""

_ABSENT = """
SELECT CASE
    WHEN EXISTS (SELECT FROM post_tombstones WHERE channel_id = $1 AND telegram_message_id = $2) THEN 'deleted'
    WHEN EXISTS (SELECT FROM post_early_edits WHERE channel_id = $1 AND telegram_message_id = $2) THEN 'not_arrived'
END
"""


#: One post by what it is, or many by their ids.
POST_STATE = (
    f"{query('post_state')}WHERE p.tenant_id = $1 AND p.channel_id = $2 AND p.telegram_message_id = $3"
)
POST_STATES = f"{query('post_state')}WHERE p.tenant_id = $1 AND p.id = ANY ($2)"


class PostArchive:
    """The posts of all tenants; every call names its tenant through the reference it carries."""

    def __init__(self, pool: asyncpg.Pool, crawl_version: str) -> None:
        self._pool, self._crawl_version = pool, crawl_version

    async def save(self, ref: PostRef, event: PostParsed, timing: StageTiming) -> None:
        """Insert the post or merge a version of it; an older version or an empty text changes nothing.

        Idempotent by (channel, message). The event's own post_id is remembered as an alias.
        """
        with our_errors():
            await self._pool.execute(query("save_post"), *_row(ref, event), event.post_id, *_times(timing))

    async def edit(self, ref: PostRef, edit: PostEdited, timing: StageTiming) -> None:
        """Merge a newer text into the post; that of a post which has not arrived is kept for it.

        Idempotent: an older edit, one of a deleted post and an empty text change nothing.
        """
        text = storable(edit.text)
        urls = list(unique(found_in(text) if edit.urls is None else edit.urls))
        row = (text, content_hash(text), urls, edit.edited_at)
        with our_errors():
            await self._pool.execute(query("save_edit"), *_key(ref), *row, *_times(timing))

    async def state(self, ref: PostRef, standards: Standards) -> PostState:
        """Return what decides which stages of the post are stale; ``absent`` says why there is no post.

        Raises:
            RejectedError: there is no such post, and nothing is known of it.
        """
        with our_errors():
            row = await self._pool.fetchrow(POST_STATE, *_key(ref))
            if row is not None and row["early_edit"]:
                await self._pool.execute(query("apply_early_edit"), ref.channel_id, ref.message_id)
                row = await self._pool.fetchrow(POST_STATE, *_key(ref))
            if row is not None:
                return state_of(dict(row), standards)
            absent = await self._pool.fetchval(_ABSENT, ref.channel_id, ref.message_id)
        if absent is None:
            raise RejectedError(f"no post {ref.message_id} in channel {ref.tg_channel_id}")
        versions = standards.of(ref.tenant_id)
        return PostState(ref=ref, content_hash="", text_length=0, versions=versions, absent=absent)

    async def mark_failed(self, ref: PostRef, reason: str) -> None:
        """Say that nobody works on the post any more; a post that was never saved has nothing to be marked."""
        with our_errors():
            await self._pool.execute(
                _MARK_FAILED, ref.tenant_id, ref.channel_id, ref.message_id, reason[:1000]
            )

    async def material(self, ref: PostRef, vision_version: str) -> PostMaterial:
        """Return everything known of the post.

        Raises:
            RejectedError: there is no such post.
        """
        with our_errors():
            row = await self._pool.fetchrow(
                query("post_material"), ref.post_id, vision_version, self._crawl_version
            )
        if row is None:
            raise RejectedError(f"no post {ref.message_id} in channel {ref.tg_channel_id}")
        return _material(ref, dict(row))


def _row(ref: PostRef, event: PostParsed) -> tuple[Any, ...]:
    text = storable(event.text)
    urls = unique(event.urls)
    return (
        ref.post_id, ref.tenant_id, ref.channel_id, ref.message_id, text, content_hash(text), list(urls), len(urls),
        event.posted_at, event.telegram_post_url, event.has_media, event.views_count, event.forwards_count,
        event.reactions_count, event.is_edited, event.edited_at, event.reply_to_message_id, event.reply_to_chat_id,
        event.thread_id, event.author_name, event.grouped_id, event.forward_from_peer_id, event.forward_from_chat_id,
        event.forward_from_message_id, event.forward_date, event.forward_from_name, event.idempotency_key,
        event.trace_id,
    )  # fmt: skip


def _key(ref: PostRef) -> tuple[Any, ...]:
    return ref.tenant_id, ref.channel_id, ref.message_id


def _times(timing: StageTiming) -> tuple[Any, ...]:
    return timing.attempts, timing.scheduled_at, timing.started_at


def state_of(row: dict[str, Any], standards: Standards) -> PostState:
    """Return a row of ``sql/post_state.sql`` as it travels: with what is done with its pictures, without its text."""
    ref = PostRef.model_validate(row)
    media = (MediaRef.model_validate(file) for file in row["media"])
    return PostState(
        ref=ref,
        content_hash=row["content_hash"],
        text_length=len(row["text"]),
        links=row["links"],
        media=standards.treated(surroundings_of(row), media),
        album_id=row["album_id"] or "",
        album_hash=row["album_hash"] or "",
        album_words=row["album_words"] or "",
        relations_hash=digest(*row["relations"]),
        versions=standards.of(ref.tenant_id),
        records=row["records"],
        unsent=row["unsent"],
        concluded=row["concluded"],
    )


def surroundings_of(row: dict[str, Any]) -> Surroundings:
    """Return where the pictures of a row stand; a row without a text is none of a post."""
    return Surroundings(
        tenant_id=row["tenant_id"],
        tg_channel_id=row["tg_channel_id"],
        username=row["username"],
        title=row["title"],
        text=row.get("text") or "",
    )


def _material(ref: PostRef, row: dict[str, Any]) -> PostMaterial:
    answered = _post_of(ref, row["reply_chat_id"], row["reply_to_message_id"])
    forward = Forward(
        chat_id=row["forward_from_chat_id"],
        message_id=row["forward_from_message_id"],
        name=row["forward_from_name"],
    )
    tags_data = row["tags_data"] or {}
    return PostMaterial.model_validate(
        {
            "ref": ref,
            "text": row["content"],
            "link": row["telegram_post_url"],
            "channel_title": row["title"],
            "author": row["post_author"],
            "tags": tags_data.get("tags", ()),
            "tags_data": tags_data,
            "forward": None if forward == Forward() else forward,
            "forward_post_id": row["forward_post_id"] or _post_of(ref, forward.chat_id, forward.message_id),
            "reply_post_id": row["reply_post_id"] or answered,
            **{name: row[name] for name in _SAME},
        }
    )


def _post_of(ref: PostRef, chat: int | None, message: int | None) -> UUID | None:
    """Return the id that a post has, or will have once it comes."""
    return None if chat is None or message is None else post_id(ref.tenant_id, chat, message)


_SAME = (
    "content_hash", "urls", "posted_at", "source", "pictures", "pages", "album", "records", "results",
)  # fmt: skip
