-- Merged versions of stored posts, from a JSON array.
UPDATE posts AS p SET (
    content, content_hash, urls, link_count, posted_at, edited_at, telegram_post_url, has_media, is_edited,
    views_count, forwards_count, reactions_count, post_author, reply_to_message_id, reply_to_chat_id,
    thread_id, grouped_id, forward_from_peer_id, forward_from_chat_id, forward_from_message_id,
    forward_date, forward_from_name, details, updated_at
) = (
    r.content, r.content_hash, r.urls, r.link_count, r.posted_at, r.edited_at, r.telegram_post_url,
    r.has_media, r.is_edited, r.views_count, r.forwards_count, r.reactions_count, r.post_author,
    r.reply_to_message_id, r.reply_to_chat_id, r.thread_id, r.grouped_id, r.forward_from_peer_id,
    r.forward_from_chat_id, r.forward_from_message_id, r.forward_date, r.forward_from_name, r.details, now()
)
FROM jsonb_populate_recordset(NULL::posts, $1) AS r
WHERE p.id = r.id
