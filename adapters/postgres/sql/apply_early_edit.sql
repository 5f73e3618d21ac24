-- The edit that came before its post is merged into it, now that it is there.
WITH early AS (
    DELETE FROM post_early_edits WHERE channel_id = $1 AND telegram_message_id = $2
    RETURNING content, content_hash, urls, edited_at
), changed AS (
    UPDATE posts p SET
        content = e.content, content_hash = e.content_hash, is_edited = true, edited_at = e.edited_at,
        urls = CASE WHEN p.content_hash = e.content_hash THEN p.urls ELSE e.urls END,
        link_count = CASE WHEN p.content_hash = e.content_hash THEN p.link_count ELSE jsonb_array_length(e.urls) END,
        updated_at = now()
    FROM early e
    WHERE p.channel_id = $1 AND p.telegram_message_id = $2 AND e.edited_at >= COALESCE(p.edited_at, p.posted_at)
    RETURNING p.id, p.content_hash
)
UPDATE post_stages s SET fingerprint = changed.content_hash
FROM changed WHERE s.post_id = changed.id AND s.stage = 'persist'
