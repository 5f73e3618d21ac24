-- A picture that a channel got as its own, its file, and what was seen in it.
SELECT f.id AS photo_id, t.name AS tenant, f.tenant_id, c.title AS channel, c.tg_channel_id, f.channel_id,
    f.telegram_message_id AS message_id, f.trace_id, f.posted_at, f.created_at, f.handed_over_at, f.recorded_at,
    f.file_sha256 AS sha256, o.mime, o.size_bytes, o.missing, v.skipped, v.calls, v.analyzed_at,
    v.data ->> 'description' AS description
FROM channel_photos f
JOIN tenants t ON t.id = f.tenant_id
JOIN channels c ON c.id = f.channel_id
JOIN media_objects o ON o.tenant_id = f.tenant_id AND o.file_sha256 = f.file_sha256
LEFT JOIN LATERAL (
    SELECT * FROM media_vision w WHERE w.tenant_id = f.tenant_id AND w.file_sha256 = f.file_sha256
    ORDER BY w.analyzed_at DESC NULLS LAST LIMIT 1
) v ON true
WHERE f.tenant_id = $1 AND c.tg_channel_id = $2 AND f.telegram_message_id = $3
