-- An edit replaces text and links of an older version; an empty text never does. Of a post that has not arrived the
-- newest edit is kept, of a deleted one nothing. The stage is recorded when anything came of it.
WITH target AS (
    SELECT id FROM posts WHERE tenant_id = $1 AND channel_id = $2 AND telegram_message_id = $3
), early AS (
    INSERT INTO post_early_edits AS e
        (tenant_id, channel_id, telegram_message_id, content, content_hash, urls, edited_at)
    SELECT $1::uuid, $2::uuid, $3::bigint, $4::text, $5::text, $6::jsonb, $7::timestamptz
    WHERE $4::text <> '' AND NOT EXISTS (SELECT FROM target) AND NOT EXISTS (
        SELECT FROM post_tombstones t WHERE t.channel_id = $2 AND t.telegram_message_id = $3)
    ON CONFLICT (channel_id, telegram_message_id) DO UPDATE SET
        content = EXCLUDED.content, content_hash = EXCLUDED.content_hash, urls = EXCLUDED.urls,
        edited_at = EXCLUDED.edited_at
    WHERE EXCLUDED.edited_at >= e.edited_at
), changed AS (
    UPDATE posts p SET
        content = $4, content_hash = $5, is_edited = true, edited_at = $7, updated_at = now(),
        urls = CASE WHEN p.content_hash = $5 THEN p.urls ELSE $6::jsonb END,
        link_count = CASE WHEN p.content_hash = $5 THEN p.link_count ELSE jsonb_array_length($6::jsonb) END
    FROM target
    WHERE p.id = target.id AND $4 <> '' AND $7 >= COALESCE(p.edited_at, p.posted_at)
    RETURNING p.id, p.content_hash
)
INSERT INTO post_stages AS s (post_id, stage, fingerprint, outcome, attempts, scheduled_at, started_at)
SELECT changed.id, 'persist', changed.content_hash, 'done', $8, $9, $10 FROM changed
ON CONFLICT (post_id, stage) DO UPDATE SET
    fingerprint = EXCLUDED.fingerprint, attempts = EXCLUDED.attempts, runs = s.runs + 1,
    scheduled_at = EXCLUDED.scheduled_at, started_at = EXCLUDED.started_at, ended_at = now()
WHERE s.fingerprint <> EXCLUDED.fingerprint
