SELECT
    p.content, p.content_hash, p.urls, p.posted_at, p.telegram_post_url, p.source, p.post_author, c.title,
    p.forward_from_chat_id, p.forward_from_message_id, p.forward_from_name,
    COALESCE(p.reply_to_chat_id, c.tg_channel_id) AS reply_chat_id, p.reply_to_message_id,
    (
        SELECT COALESCE(jsonb_agg(jsonb_build_object(
            'media', jsonb_build_object(
                'sha256', m.file_sha256, 'object_key', o.s3_key, 'mime', o.mime, 'size_bytes', o.size_bytes,
                'position', m.position, 'missing', o.missing),
            'facts', v.data, 'skipped', CASE
                WHEN NOT s.result ? 'files' THEN v.skipped
                WHEN s.result #>> ARRAY['files', m.file_sha256::text, 'how'] = 'skip'
                    THEN s.result #>> ARRAY['files', m.file_sha256::text, 'reason'] END) ORDER BY m.position), '[]')
        FROM post_media_map m
        JOIN media_objects o USING (tenant_id, file_sha256)
        -- What was seen is what the post's own vision stage has recorded, and nothing before it has: another post may
        -- have had the same bytes looked at otherwise. Records of before that name no files: the look of this version.
        LEFT JOIN post_stages s ON s.post_id = m.post_id AND s.stage = 'vision'
        LEFT JOIN media_vision v ON v.tenant_id = m.tenant_id AND v.file_sha256 = m.file_sha256
            AND v.vision_version = CASE
                WHEN s.result ? 'files' THEN s.result #>> ARRAY['files', m.file_sha256::text, 'version']
                WHEN s.post_id IS NOT NULL THEN $2 END
        WHERE m.post_id = p.id
    ) AS pictures,
    (
        -- A page that another post read is none of a post whose own links are not to be read.
        SELECT COALESCE(jsonb_agg(to_jsonb(g) - 'tenant_id' - 'fetched_at' - 'page_key' ORDER BY l.place), '[]')
        FROM jsonb_array_elements_text(p.urls) WITH ORDINALITY AS l (link, place)
        JOIN pages g ON g.tenant_id = p.tenant_id
            AND g.page_key = encode(sha256(convert_to(l.link || chr(31) || $3::text, 'UTF8')), 'hex')
        WHERE NOT EXISTS (
            SELECT FROM post_stages s
            WHERE s.post_id = p.id AND s.stage = 'crawl' AND s.reason IN ('no_trigger', 'no_links'))
    ) AS pages,
    (SELECT t.data FROM post_enrichment t WHERE t.post_id = p.id AND t.kind = 'tags') AS tags_data,
    (
        SELECT jsonb_build_object(
            'album_id', COALESCE((g.meta ->> 'announced_id')::bigint, g.id), 'grouped_id', g.grouped_id,
            'position', COALESCE((SELECT i.position FROM media_group_items i
                LEFT JOIN post_aliases s ON s.tenant_id = p.tenant_id AND s.alias = i.post_id
                WHERE i.group_id = g.id AND COALESCE(s.post_id, i.post_id) = p.id LIMIT 1), 0),
            'partial', COALESCE((g.meta #>> '{enrichment,partial}')::boolean, false),
            'is_caption', COALESCE(g.meta #>> '{enrichment,caption_post_id}' = p.id::text, false),
            'summary', COALESCE(g.meta #>> '{enrichment,vision_summary}', ''),
            'words', COALESCE(g.meta #>> '{enrichment,words}', ''),
            'ocr_text', COALESCE(g.meta #>> '{enrichment,ocr_text}', ''),
            'labels', COALESCE(g.meta #> '{enrichment,vision_labels}', '[]'))
        FROM media_groups g WHERE g.channel_id = p.channel_id AND g.grouped_id = p.grouped_id
    ) AS album,
    (
        SELECT f.id FROM posts f JOIN channels fc ON fc.id = f.channel_id
        WHERE f.tenant_id = p.tenant_id AND fc.tg_channel_id = p.forward_from_chat_id
            AND f.telegram_message_id = p.forward_from_message_id
    ) AS forward_post_id,
    (
        SELECT r.id FROM posts r JOIN channels rc ON rc.id = r.channel_id
        WHERE r.tenant_id = p.tenant_id AND rc.tg_channel_id = COALESCE(p.reply_to_chat_id, c.tg_channel_id)
            AND r.telegram_message_id = p.reply_to_message_id
    ) AS reply_post_id,
    (
        SELECT COALESCE(jsonb_object_agg(s.stage, jsonb_build_object(
            'stage', s.stage, 'fingerprint', s.fingerprint, 'outcome', s.outcome, 'reason', s.reason,
            'output', s.output, 'runs', s.runs)), '{}')
        FROM post_stages s WHERE s.post_id = p.id
    ) AS records,
    (
        SELECT COALESCE(jsonb_object_agg(s.stage, s.result), '{}') FROM post_stages s WHERE s.post_id = p.id
    ) AS results
FROM posts p
JOIN channels c ON c.id = p.channel_id
WHERE p.id = $1
