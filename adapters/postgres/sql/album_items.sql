-- Items as announced or as their posts say, each once; a post that has not arrived is left out.
SELECT DISTINCT ON (p.id)
    p.id AS post_id, p.tenant_id, p.channel_id, c.tg_channel_id, p.telegram_message_id AS message_id, p.trace_id,
    p.grouped_id, c.username, c.title, p.content AS text, p.posted_at, COALESCE(i.position, 1000 + p.telegram_message_id) AS position,
    m.file_sha256 AS sha256, o.mime, o.s3_key AS object_key, o.size_bytes, o.missing,
    COALESCE(v.looks, '{}') AS looks
FROM posts p
JOIN channels c ON c.id = p.channel_id
LEFT JOIN (
    SELECT COALESCE(s.post_id, j.post_id) AS post_id, min(j.position) AS position
    FROM media_group_items j
    LEFT JOIN post_aliases s ON s.tenant_id = $2 AND s.alias = j.post_id
    WHERE j.group_id = $1 AND j.deleted_at IS NULL
    GROUP BY 1
) i ON i.post_id = p.id
LEFT JOIN post_media_map m ON m.post_id = p.id AND m.position = 0
LEFT JOIN media_objects o ON o.tenant_id = m.tenant_id AND o.file_sha256 = m.file_sha256
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(w.vision_version, jsonb_build_object(
        'features_hash', COALESCE(w.features_hash, ''), 'skipped', w.skipped, 'facts', w.data)) AS looks
    FROM media_vision w
    WHERE w.tenant_id = m.tenant_id AND w.file_sha256 = m.file_sha256 AND w.vision_version = ANY ($5)
        AND (w.features_hash IS NOT NULL OR w.skipped IS NOT NULL)
) v ON true
WHERE p.tenant_id = $2 AND p.channel_id = $3 AND (i.post_id IS NOT NULL OR p.grouped_id = $4)
ORDER BY p.id
