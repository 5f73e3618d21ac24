"""Albums: what was announced, what has arrived, what was put together."""

from typing import Any, Final

import asyncpg

from adapters.postgres.album_items import item_of, items_of, material_of
from adapters.postgres.errors import our_errors
from adapters.postgres.stages import keep_events
from contracts.album import AlbumMaterial, AlbumRef, AlbumState
from contracts.errors import RejectedError
from contracts.events import AlbumParsed
from contracts.outgoing import Outgoing
from domain.albums import caption_item
from domain.standards import Standards

SAVE_GROUP = """
INSERT INTO media_groups AS g (tenant_id, channel_id, grouped_id, inferred, album_kind, items_count, content_hash,
    caption_text, posted_at, cover_media_id, meta)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (channel_id, grouped_id) DO UPDATE SET
    album_kind = COALESCE(EXCLUDED.album_kind, g.album_kind),
    items_count = GREATEST(g.items_count, EXCLUDED.items_count),
    content_hash = COALESCE(EXCLUDED.content_hash, g.content_hash),
    caption_text = COALESCE(NULLIF(EXCLUDED.caption_text, ''), g.caption_text),
    posted_at = COALESCE(g.posted_at, EXCLUDED.posted_at),
    meta = EXCLUDED.meta || g.meta, updated_at = now()
RETURNING id
"""

SAVE_ITEM = """
INSERT INTO media_group_items (group_id, post_id, position) VALUES ($1, $2, $3)
ON CONFLICT (group_id, post_id) DO NOTHING
"""

CLAIM_POSTS = """
UPDATE posts p SET grouped_id = $2
FROM media_group_items i LEFT JOIN post_aliases s ON s.tenant_id = $3 AND s.alias = i.post_id
WHERE i.group_id = $1 AND p.id = COALESCE(s.post_id, i.post_id) AND p.tenant_id = $3 AND p.grouped_id IS NULL
"""

GROUP = """
SELECT g.id, inferred, assembled_fingerprint, COALESCE((meta ->> 'announced_id')::bigint, g.id) AS announced_id,
    COALESCE(meta ->> 'user_id', '') AS user_id, GREATEST(items_count - gone.count, 0) AS items_count,
    gone.count AS deleted
FROM media_groups g CROSS JOIN LATERAL (
    SELECT count(*) FROM media_group_items i
    WHERE i.group_id = g.id AND EXISTS (
        SELECT FROM post_tombstones t WHERE t.channel_id = g.channel_id AND i.post_id = ANY (t.known_as))
) gone
WHERE tenant_id = $1 AND channel_id = $2 AND grouped_id = $3
"""

#: What was told of the album so far holds words of its items.
FORGET_EVENTS: Final = """
DELETE FROM outbox_events WHERE tenant_id = $1 AND aggregate_id = ANY ($2)
    AND event_type IN ('albums.parsed', 'album.assembled')
"""
FORGET_CAPTION: Final = """
UPDATE media_groups SET caption_text = NULL WHERE tenant_id = $1 AND channel_id = $2 AND grouped_id = $3
"""

DISSOLVE: Final = "DELETE FROM media_groups WHERE tenant_id = $1 AND channel_id = $2 AND grouped_id = $3"


#: What is still to be told, and what earlier runs left open: the announcement takes care of both.
UNSENT = """
SELECT (SELECT count(*) FROM outbox_events WHERE aggregate_id = $1 AND lane = 'bridge' AND processed_at IS NULL)
    + (SELECT count(*) FROM parks WHERE workflow_id = $1 AND ended_at IS NULL)
"""

ASSEMBLED = """
UPDATE media_groups SET assembled_fingerprint = $2, meta = meta || jsonb_build_object('enrichment', $3::jsonb),
    caption_text = COALESCE($4, caption_text), updated_at = now() WHERE id = $1
"""

MARK_ITEMS = """
UPDATE post_enrichment SET album_size = $2, vision_labels_agg = $3, ocr_present = $4
WHERE kind = 'vision' AND post_id = ANY ($1)
"""


class AlbumArchive:
    """The albums of all tenants; every call names its tenant through the reference it carries."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def save(self, ref: AlbumRef, event: AlbumParsed) -> None:
        """Insert the album or merge a later announcement of it: it only grows. Idempotent by (channel, grouped_id)."""
        meta = {"announced_id": event.album_id, **({"user_id": event.user_id} if event.user_id else {})}
        row = (
            ref.tenant_id, ref.channel_id, ref.grouped_id, event.inferred, event.album_kind, event.items_count,
            event.content_hash, event.caption_text, event.posted_at, event.cover_media_id, meta,
        )  # fmt: skip
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                group = await connection.fetchval(SAVE_GROUP, *row)
                items = [(group, post_id, position) for position, post_id in enumerate(event.post_ids)]
                await connection.executemany(SAVE_ITEM, items)

    async def state(self, ref: AlbumRef, standards: Standards) -> AlbumState:
        """Return what has arrived of the album; posts that did not know it get to know it here.

        An album that nobody announced, or whose last item was deleted, is ``absent``.
        """
        vision_version = standards.common.vision
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                group = await _find(connection, ref)
                if group is None:
                    return AlbumState(
                        ref=ref, album_id=0, expected=0, vision_version=vision_version, absent=True
                    )
                await connection.execute(CLAIM_POSTS, group["id"], ref.grouped_id, ref.tenant_id)
                items = await items_of(connection, ref, group["id"], standards)
                unsent = await connection.fetchval(UNSENT, ref.workflow_id)
        return AlbumState(
            ref=ref,
            album_id=group["id"],
            expected=max(group["items_count"], len(items)),
            items=tuple(item_of(row, standards) for row in items),
            vision_version=vision_version,
            assembled=group["assembled_fingerprint"],
            unsent=unsent,
            deleted=group["deleted"],
        )

    async def dissolve(self, ref: AlbumRef) -> None:
        """Forget an album of which no item is left, and what was told of it; idempotent.

        A later announcement begins it anew.
        """
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                await forget_words(connection, ref)
                await connection.execute(DISSOLVE, ref.tenant_id, ref.channel_id, ref.grouped_id)

    async def material(self, ref: AlbumRef, standards: Standards) -> AlbumMaterial:
        """Return the album with everything known of its items.

        Raises:
            RejectedError: there is no such album.
        """
        with our_errors():
            async with self._pool.acquire() as connection:
                group = await _group(connection, ref)
                items = await items_of(connection, ref, group["id"], standards)
        return AlbumMaterial(
            ref=ref,
            album_id=group["id"],
            announced_id=group["announced_id"],
            expected=max(group["items_count"], len(items)),
            user_id=group["user_id"],
            inferred=group["inferred"],
            items=tuple(material_of(row, standards) for row in items),
            assembled=group["assembled_fingerprint"],
        )

    async def assembled(
        self, album: AlbumMaterial, fingerprint: str, enrichment: dict[str, object], event: Outgoing
    ) -> None:
        """Keep the summary, the items' album columns and the event in one transaction."""
        posts = [item.post.post_id for item in album.items]
        with our_errors():
            async with self._pool.acquire() as connection, connection.transaction():
                caption = caption_item(album.items)
                words = caption.text if caption else None
                await connection.execute(ASSEMBLED, album.album_id, fingerprint, enrichment, words)
                labels, has_text = enrichment["vision_labels"], enrichment["has_text"]
                await connection.execute(MARK_ITEMS, posts, len(posts), labels, has_text)
                await keep_events(connection, album.ref.tenant_id, album.ref.workflow_id, [event])


async def forget_words(connection: Any, ref: AlbumRef) -> None:
    """Forget, within the caller's transaction, what an album says with words of an item that is deleted.

    It is put together without that item later, and told anew.
    """
    told_of = [
        f"{ref.channel_id}:{ref.grouped_id}",
        ref.workflow_id,
    ]  # as the import has it, as the bridge has it
    await connection.execute(FORGET_EVENTS, ref.tenant_id, told_of)
    await connection.execute(FORGET_CAPTION, ref.tenant_id, ref.channel_id, ref.grouped_id)


async def _find(connection: Any, ref: AlbumRef) -> dict[str, Any] | None:
    row = await connection.fetchrow(GROUP, ref.tenant_id, ref.channel_id, ref.grouped_id)
    return dict(row) if row else None


async def _group(connection: Any, ref: AlbumRef) -> dict[str, Any]:
    row = await _find(connection, ref)
    if row is None:
        raise RejectedError(f"no album {ref.grouped_id} in channel {ref.tg_channel_id}")
    return row
