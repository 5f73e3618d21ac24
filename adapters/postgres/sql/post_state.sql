-- What decides which stages of a post are stale; adapters/postgres/posts.py says of which posts.
SELECT
    p.id AS post_id, p.tenant_id, p.channel_id, c.tg_channel_id, p.telegram_message_id AS message_id,
    p.trace_id, p.grouped_id, p.content_hash, p.content AS text, c.username, c.title, p.urls AS links,
    p.is_processed AND NOT EXISTS (
        SELECT FROM parks k WHERE k.post_id = p.id AND k.ended_at IS NULL
    ) AS concluded,
    jsonb_build_array(
        p.forward_from_chat_id, p.forward_from_message_id, p.forward_from_name, p.reply_to_message_id,
        p.reply_to_chat_id, p.post_author, c.title, a.id
    ) AS relations,
    a.announced_id AS album_id,
    CASE WHEN a.meta #>> '{enrichment,caption_post_id}' = p.id::text
         THEN a.meta #>> '{enrichment,summary_hash}' END AS album_hash,
    CASE WHEN a.meta #>> '{enrichment,caption_post_id}' = p.id::text
         THEN a.meta #>> '{enrichment,words_hash}' END AS album_words,
    (
        SELECT COALESCE(jsonb_agg(jsonb_build_object(
            'sha256', m.file_sha256, 'object_key', o.s3_key, 'mime', o.mime, 'size_bytes', o.size_bytes,
            'position', m.position, 'missing', o.missing) ORDER BY m.position), '[]')
        FROM post_media_map m JOIN media_objects o USING (tenant_id, file_sha256) WHERE m.post_id = p.id
    ) AS media,
    (
        SELECT COALESCE(jsonb_object_agg(s.stage, jsonb_build_object(
            'stage', s.stage, 'fingerprint', s.fingerprint, 'outcome', s.outcome, 'reason', s.reason,
            'output', s.output, 'runs', s.runs)), '{}')
        FROM post_stages s WHERE s.post_id = p.id AND s.stage <> 'persist'
    ) AS records,
    (
        SELECT count(*) FROM outbox_events e
        WHERE e.aggregate_id = p.id::text AND e.lane = 'bridge' AND e.processed_at IS NULL
    ) AS unsent,
    EXISTS (
        SELECT FROM post_early_edits y
        WHERE y.channel_id = p.channel_id AND y.telegram_message_id = p.telegram_message_id
    ) AS early_edit
FROM posts p
JOIN channels c ON c.id = p.channel_id
LEFT JOIN LATERAL (
    SELECT g.id, g.meta, COALESCE(g.meta ->> 'announced_id', g.id::text) AS announced_id FROM media_groups g
    WHERE g.channel_id = p.channel_id AND g.grouped_id = p.grouped_id
) a ON true
