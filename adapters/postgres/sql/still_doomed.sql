-- Of the objects that a deleted post had to itself, the keys of those that nothing refers to again meanwhile.
SELECT d ->> 'key' AS key
FROM post_tombstones t CROSS JOIN LATERAL jsonb_array_elements(t.doomed) AS d
WHERE t.channel_id = $1 AND t.telegram_message_id = $2
    AND NOT EXISTS (
        SELECT FROM media_objects o WHERE o.tenant_id = t.tenant_id AND o.file_sha256 = d ->> 'file')
    AND NOT EXISTS (
        SELECT FROM pages g
        WHERE g.tenant_id = t.tenant_id AND g.page_key = d ->> 'page' AND d ->> 'key' IN (g.html_key, g.md_key))
