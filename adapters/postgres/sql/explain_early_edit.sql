-- An edit whose post has not arrived.
SELECT t.name AS tenant, e.tenant_id, c.title AS channel, c.tg_channel_id, e.channel_id,
    e.telegram_message_id AS message_id, e.edited_at, length(e.content) AS characters, left(e.content, 200) AS text,
    e.urls AS links
FROM post_early_edits e
JOIN tenants t ON t.id = e.tenant_id
JOIN channels c ON c.id = e.channel_id
WHERE e.channel_id = $1 AND e.telegram_message_id = $2
