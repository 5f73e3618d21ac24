-- New posts, from a JSON array; returns the ids of those that were not there.
INSERT INTO posts (
    id, tenant_id, channel_id, telegram_message_id, content, content_hash, urls, link_count, posted_at,
    edited_at, telegram_post_url, has_media, yyyymm, is_edited, views_count, forwards_count,
    reactions_count, post_author, reply_to_message_id, reply_to_chat_id, thread_id, grouped_id,
    forward_from_peer_id, forward_from_chat_id, forward_from_message_id, forward_date, forward_from_name,
    source, idempotency_key, trace_id, details
)
SELECT
    id, tenant_id, channel_id, telegram_message_id, content, content_hash, urls, link_count, posted_at,
    edited_at, telegram_post_url, has_media, yyyymm, is_edited, views_count, forwards_count,
    reactions_count, post_author, reply_to_message_id, reply_to_chat_id, thread_id, grouped_id,
    forward_from_peer_id, forward_from_chat_id, forward_from_message_id, forward_date, forward_from_name,
    source, idempotency_key, trace_id, details
FROM jsonb_populate_recordset(NULL::posts, $1) AS r
ORDER BY r.telegram_message_id
ON CONFLICT (channel_id, telegram_message_id) DO NOTHING
RETURNING id
