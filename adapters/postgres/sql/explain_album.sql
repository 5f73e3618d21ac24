SELECT
    g.id AS album_id, t.name AS tenant, g.tenant_id, g.channel_id, c.title AS channel, c.tg_channel_id, g.grouped_id, g.inferred,
    g.album_kind, g.items_count, g.posted_at, g.created_at, g.updated_at,
    g.assembled_fingerprint IS NOT NULL AS assembled,
    COALESCE((g.meta #>> '{enrichment,partial}')::boolean, false) AS partial,
    g.meta #> '{enrichment,missing}' AS missing,
    g.meta #>> '{enrichment,vision_summary}' AS summary,
    g.meta #>> '{enrichment,s3_key}' AS object_key,
    (g.meta #>> '{enrichment,assembly_completed_at}')::timestamptz AS assembled_at,
    g.meta #>> '{enrichment,caption_post_id}' AS caption_post_id,
    (
        SELECT COALESCE(jsonb_agg(jsonb_build_object(
            'position', i.position, 'post_id', COALESCE(s.post_id, i.post_id), 'message_id', p.telegram_message_id,
            'state', CASE WHEN i.deleted_at IS NOT NULL THEN 'deleted'
                ELSE COALESCE(p.enrichment_status, 'not arrived') END,
            'missing', o.missing, 'skipped', CASE
                WHEN f.told ->> 'how' = 'skip' THEN f.told ->> 'reason' WHEN f.told IS NULL THEN v.skipped END, 'file', m.file_sha256, 'looked_at', v.analyzed_at)
            ORDER BY i.position), '[]')
        FROM media_group_items i
        LEFT JOIN post_aliases s ON s.tenant_id = g.tenant_id AND s.alias = i.post_id
        LEFT JOIN posts p ON p.id = COALESCE(s.post_id, i.post_id)
        LEFT JOIN post_media_map m ON m.post_id = p.id AND m.position = 0
        LEFT JOIN media_objects o ON o.tenant_id = m.tenant_id AND o.file_sha256 = m.file_sha256
        LEFT JOIN post_stages n ON n.post_id = p.id AND n.stage = 'vision'
        LEFT JOIN LATERAL (SELECT n.result #> ARRAY['files', m.file_sha256::text] AS told) f ON true
        LEFT JOIN LATERAL (
            SELECT * FROM media_vision w WHERE w.tenant_id = m.tenant_id AND w.file_sha256 = m.file_sha256
            ORDER BY w.analyzed_at DESC NULLS LAST LIMIT 1
        ) v ON true
        WHERE i.group_id = g.id
    ) AS items
FROM media_groups g
JOIN tenants t ON t.id = g.tenant_id
JOIN channels c ON c.id = g.channel_id
WHERE g.tenant_id = $1 AND c.tg_channel_id = $2 AND g.grouped_id = $3
