SELECT
    g.id AS album_id, t.name AS tenant, g.tenant_id, g.channel_id, c.title AS channel, c.tg_channel_id, g.grouped_id, g.inferred,
    g.album_kind, g.items_count, g.posted_at, g.created_at, g.updated_at,
    g.assembled_fingerprint IS NOT NULL AS assembled,
    COALESCE((g.meta #>> '{enrichment,partial}')::boolean, false) AS partial,
    g.meta #> '{enrichment,missing}' AS missing,
    g.meta #>> '{enrichment,vision_summary}' AS summary,
    g.meta #>> '{enrichment,s3_key}' AS object_key,
    g.meta #>> '{enrichment,assembly_completed_at}' AS assembled_at,
    g.meta #>> '{enrichment,caption_post_id}' AS caption_post_id,
    (
        SELECT COALESCE(jsonb_agg(jsonb_build_object(
            'position', i.position, 'post_id', COALESCE(s.post_id, i.post_id), 'message_id', p.telegram_message_id,
            'state', COALESCE(p.enrichment_status, 'not arrived')) ORDER BY i.position), '[]')
        FROM media_group_items i
        LEFT JOIN post_aliases s ON s.tenant_id = g.tenant_id AND s.alias = i.post_id
        LEFT JOIN posts p ON p.id = COALESCE(s.post_id, i.post_id)
        WHERE i.group_id = g.id
    ) AS items
FROM media_groups g
JOIN tenants t ON t.id = g.tenant_id
JOIN channels c ON c.id = g.channel_id
WHERE g.tenant_id = $1 AND c.tg_channel_id = $2 AND g.grouped_id = $3
