-- The next posts that a campaign may be for, channel by channel, in the order in which they were posted. Of a selection
-- of what failed, an unfinished post is one only if its workflow is parked, which the archive cannot know: not sure.
SELECT
    p.id AS post_id, p.channel_id, p.telegram_message_id AS message_id, length(p.content) AS text_length,
    EXISTS (SELECT FROM post_media_map m WHERE m.post_id = p.id) AS has_file,
    NOT $7::boolean OR p.enrichment_status = 'failed' OR t.outcome IS DISTINCT FROM 'done' AS sure
FROM posts p
LEFT JOIN post_stages t ON t.post_id = p.id AND t.stage = 'tags'
WHERE p.tenant_id = $1 AND p.created_at <= $2
    AND ($3::uuid IS NULL OR p.channel_id = $3)
    AND ($4::text IS NULL OR EXISTS (
        SELECT FROM post_enrichment e WHERE e.post_id = p.id AND e.kind = 'tags' AND e.data -> 'tags' ? $4))
    AND ($5::timestamptz IS NULL OR p.posted_at >= $5)
    AND (NOT $6::boolean OR NOT p.is_processed)
    AND (NOT $7::boolean OR p.enrichment_status = 'failed' OR t.outcome IS DISTINCT FROM 'done' OR NOT p.is_processed)
    AND (p.channel_id, p.telegram_message_id) > ($8::uuid, $9::bigint)
ORDER BY p.channel_id, p.telegram_message_id
LIMIT $10
