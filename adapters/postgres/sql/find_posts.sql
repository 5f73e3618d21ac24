-- A message of every channel that is called so, and what there is of it.
SELECT c.tenant_id, c.id AS channel_id, c.tg_channel_id, $2::bigint AS message_id,
    COALESCE(p.id, t.post_id) AS post_id, COALESCE(p.trace_id, t.trace_id) AS trace_id,
    COALESCE(p.grouped_id, t.grouped_id) AS grouped_id,
    CASE
        WHEN p.id IS NOT NULL THEN 'archived'
        WHEN t.post_id IS NOT NULL THEN 'deleted'
        WHEN e.channel_id IS NOT NULL THEN 'early_edit'
        ELSE 'unknown'
    END AS kind,
    CASE WHEN t.erased_at IS NULL OR EXISTS (
        SELECT FROM outbox_events o
        WHERE o.aggregate_id = t.post_id::text AND o.event_type = 'posts.deleted' AND o.processed_at IS NULL
    ) THEN t.reason END AS deletion
FROM channels c
LEFT JOIN posts p ON p.channel_id = c.id AND p.telegram_message_id = $2
LEFT JOIN post_tombstones t ON t.channel_id = c.id AND t.telegram_message_id = $2
LEFT JOIN post_early_edits e ON e.channel_id = c.id AND e.telegram_message_id = $2
WHERE (c.tg_channel_id::text = $1 OR lower(c.username) = lower($1)) AND ($3::uuid IS NULL OR c.tenant_id = $3)
ORDER BY c.tenant_id
