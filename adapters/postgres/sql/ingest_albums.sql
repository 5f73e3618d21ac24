-- Albums of a channel with the items that its posts make now, in Telegram's order.
SELECT
    COALESCE(g.id, 0) AS id, w.grouped_id, g.content_hash, COALESCE(g.items_count, 0) AS items_count,
    jsonb_agg(jsonb_build_object(
        'post_id', p.id, 'content', p.content, 'posted_at', p.posted_at, 'sha256', m.file_sha256,
        'mime', m.mime, 'size_bytes', m.size_bytes) ORDER BY p.telegram_message_id) AS items
FROM unnest($2::bigint[]) AS w (grouped_id)
JOIN posts p ON p.channel_id = $1 AND p.grouped_id = w.grouped_id
LEFT JOIN media_groups g ON g.channel_id = $1 AND g.grouped_id = w.grouped_id
LEFT JOIN LATERAL (
    SELECT x.file_sha256, o.mime, o.size_bytes
    FROM post_media_map x JOIN media_objects o USING (tenant_id, file_sha256)
    WHERE x.post_id = p.id ORDER BY x.position LIMIT 1
) m ON true
GROUP BY g.id, w.grouped_id, g.content_hash, g.items_count
ORDER BY w.grouped_id DESC
