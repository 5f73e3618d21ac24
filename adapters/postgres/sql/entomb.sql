-- The tombstone of a post, with every id that the post was known by; a second one only learns more ids.
WITH post AS (
    SELECT id, grouped_id FROM posts WHERE tenant_id = $1 AND channel_id = $2 AND telegram_message_id = $3
), names AS (
    SELECT array_agg(DISTINCT name) AS all_of_them FROM (
        SELECT unnest($5::uuid[] || $4::uuid) AS name
        UNION SELECT id FROM post
        UNION SELECT a.alias FROM post_aliases a JOIN post ON a.post_id = post.id
    ) known
), forgotten AS (
    DELETE FROM post_early_edits WHERE channel_id = $2 AND telegram_message_id = $3
)
INSERT INTO post_tombstones AS t
    (tenant_id, channel_id, telegram_message_id, post_id, known_as, grouped_id, reason, trace_id, deleted_at)
SELECT $1::uuid, $2::uuid, $3::bigint, COALESCE((SELECT id FROM post), $4::uuid), names.all_of_them,
    COALESCE((SELECT grouped_id FROM post), $6::bigint), $7::text, $8::text, $9::timestamptz
FROM names
ON CONFLICT (channel_id, telegram_message_id) DO UPDATE SET
    known_as = (SELECT array_agg(DISTINCT name) FROM unnest(t.known_as || EXCLUDED.known_as) AS name),
    grouped_id = COALESCE(t.grouped_id, EXCLUDED.grouped_id)
RETURNING t.erased_at
