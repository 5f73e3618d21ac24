-- Posts of a channel as they are stored, locked, with their files and reactions.
SELECT
    p.id, p.tenant_id, p.channel_id, p.telegram_message_id, p.content, p.content_hash, p.urls, p.posted_at,
    p.edited_at, p.telegram_post_url, p.views_count, p.forwards_count, p.reactions_count, p.post_author,
    p.reply_to_message_id, p.reply_to_chat_id, p.thread_id, p.grouped_id, p.forward_from_peer_id,
    p.forward_from_chat_id, p.forward_from_message_id, p.forward_date, p.forward_from_name, p.source, p.trace_id,
    p.details,
    (
        SELECT COALESCE(jsonb_agg(jsonb_build_object(
            'sha256', m.file_sha256, 'mime', o.mime, 'size_bytes', o.size_bytes, 's3_key', o.s3_key,
            'missing', o.missing, 'position', m.position) ORDER BY m.position, m.file_sha256), '[]')
        FROM post_media_map m JOIN media_objects o USING (tenant_id, file_sha256) WHERE m.post_id = p.id
    ) AS media,
    (
        SELECT COALESCE(jsonb_agg(jsonb_build_object(
            'kind', r.reaction_type, 'value', r.reaction_value, 'count', r.count)
            ORDER BY r.reaction_type, r.reaction_value), '[]')
        FROM post_reactions r WHERE r.post_id = p.id
    ) AS reactions
FROM posts p
WHERE p.channel_id = $1 AND p.telegram_message_id = ANY ($2::bigint[])
ORDER BY p.telegram_message_id
FOR UPDATE OF p
