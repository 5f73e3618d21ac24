"""The short statements of an ingest; each may be repeated."""

from typing import Final

LOCK_CHANNEL: Final = "SELECT pg_advisory_xact_lock(hashtextextended('ingest:' || $1, 0))"

#: Files are a tenant's, whatever channel brings them: who refers to some shares them, who lets go has them alone.
SHARE_FILES: Final = "SELECT pg_advisory_xact_lock_shared(hashtextextended('files:' || $1, 0))"
LOCK_FILES: Final = "SELECT pg_advisory_xact_lock(hashtextextended('files:' || $1, 0))"

KEEP_CHANNEL: Final = """
INSERT INTO channels AS c (id, tenant_id, tg_channel_id, username, title, last_parsed_at)
VALUES ($1, $2, $3, $4, $5, now())
ON CONFLICT (tenant_id, tg_channel_id) DO UPDATE SET
    username = COALESCE(EXCLUDED.username, c.username), title = COALESCE(EXCLUDED.title, c.title),
    last_parsed_at = now()
RETURNING id
"""

DELETED: Final = """
SELECT telegram_message_id FROM post_tombstones WHERE channel_id = $1 AND telegram_message_id = ANY ($2::bigint[])
"""

KEEP_MEDIA: Final = """
INSERT INTO media_objects AS m (tenant_id, file_sha256, mime, size_bytes, s3_key, missing)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (tenant_id, file_sha256) DO UPDATE SET
    s3_key = COALESCE(m.s3_key, EXCLUDED.s3_key), last_seen_at = now(),
    missing = CASE WHEN COALESCE(m.s3_key, EXCLUDED.s3_key) IS NULL THEN EXCLUDED.missing END
"""

UNMAP_MEDIA: Final = "DELETE FROM post_media_map WHERE post_id = $1 AND file_sha256 <> ALL ($2::text[])"

MAP_MEDIA: Final = """
INSERT INTO post_media_map (post_id, tenant_id, file_sha256, position) VALUES ($1, $2, $3, $4)
ON CONFLICT (post_id, file_sha256) DO UPDATE SET position = EXCLUDED.position
"""

FORGET_MISSING: Final = """
DELETE FROM media_objects AS m
WHERE m.tenant_id = $1 AND m.file_sha256 = ANY ($2::text[]) AND m.missing IS NOT NULL
    AND NOT EXISTS (
        SELECT FROM post_media_map x WHERE (x.tenant_id, x.file_sha256) = (m.tenant_id, m.file_sha256)
    )
"""

KEEP_FORWARD: Final = """
INSERT INTO post_forwards AS f
    (post_id, from_chat_id, from_message_id, from_chat_title, forwarded_at, from_id, from_name)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (post_id) DO UPDATE SET
    from_chat_id = COALESCE(EXCLUDED.from_chat_id, f.from_chat_id),
    from_message_id = COALESCE(EXCLUDED.from_message_id, f.from_message_id),
    from_chat_title = COALESCE(EXCLUDED.from_chat_title, f.from_chat_title),
    forwarded_at = COALESCE(EXCLUDED.forwarded_at, f.forwarded_at),
    from_id = COALESCE(EXCLUDED.from_id, f.from_id), from_name = COALESCE(EXCLUDED.from_name, f.from_name)
"""

KEEP_REPLY: Final = """
INSERT INTO post_replies AS r (post_id, reply_to_message_id, reply_to_chat_id) VALUES ($1, $2, $3)
ON CONFLICT (post_id) DO UPDATE SET
    reply_to_message_id = EXCLUDED.reply_to_message_id,
    reply_to_chat_id = COALESCE(EXCLUDED.reply_to_chat_id, r.reply_to_chat_id)
"""

FORGET_REACTIONS: Final = "DELETE FROM post_reactions WHERE post_id = ANY ($1::uuid[])"

KEEP_REACTION: Final = """
INSERT INTO post_reactions (post_id, reaction_type, reaction_value, count) VALUES ($1, $2, $3, $4)
ON CONFLICT (post_id, reaction_type, reaction_value) DO UPDATE SET count = EXCLUDED.count, updated_at = now()
"""

KEEP_ALBUM: Final = """
INSERT INTO media_groups AS g (
    tenant_id, channel_id, grouped_id, inferred, album_kind, items_count, content_hash, caption_text,
    posted_at, cover_media_id
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (channel_id, grouped_id) DO UPDATE SET
    album_kind = EXCLUDED.album_kind, items_count = GREATEST(g.items_count, EXCLUDED.items_count),
    content_hash = EXCLUDED.content_hash,
    caption_text = COALESCE(EXCLUDED.caption_text, g.caption_text), posted_at = EXCLUDED.posted_at,
    cover_media_id = EXCLUDED.cover_media_id, updated_at = now()
RETURNING id
"""

KEEP_ITEM: Final = """
INSERT INTO media_group_items AS i (group_id, post_id, position, media_type, media_bytes, media_sha256)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (group_id, post_id) DO UPDATE SET
    position = EXCLUDED.position, media_type = EXCLUDED.media_type, media_bytes = EXCLUDED.media_bytes,
    media_sha256 = EXCLUDED.media_sha256
"""

STORED_CHANNEL_PHOTOS: Final = """
SELECT p.telegram_message_id, m.missing IS NULL AS has_bytes
FROM channel_photos p JOIN media_objects m USING (tenant_id, file_sha256)
WHERE p.channel_id = $1 AND p.telegram_message_id = ANY ($2::bigint[])
"""

KEEP_CHANNEL_PHOTO: Final = """
INSERT INTO channel_photos (id, tenant_id, channel_id, telegram_message_id, posted_at, file_sha256, trace_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (channel_id, telegram_message_id) DO UPDATE SET
    file_sha256 = EXCLUDED.file_sha256, handed_over_at = NULL, recorded_at = NULL
"""

KEEP_EVENT: Final = """
INSERT INTO outbox_events
    (lane, tenant_id, aggregate_id, event_type, stream_key, idempotency_key, fields, trace_id)
VALUES ('ingest', $1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (stream_key, idempotency_key) DO NOTHING
"""

UNSENT: Final = """
SELECT id, stream_key, idempotency_key, fields FROM outbox_events
WHERE lane = $1 AND processed_at IS NULL ORDER BY id LIMIT $2
"""

SENT: Final = """
UPDATE outbox_events AS e SET processed_at = now(), entry_id = s.entry_id
FROM unnest($1::bigint[], $2::text[]) AS s (id, entry_id) WHERE e.id = s.id
"""

TAKE_LANE: Final = "SELECT pg_try_advisory_xact_lock(hashtextextended('outbox:' || $1, 0))"
