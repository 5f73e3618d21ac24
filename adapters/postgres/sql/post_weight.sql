-- What a deletion would take with a post.
SELECT c.title AS channel, left(p.content, 200) AS text, length(p.content) AS characters,
    (SELECT count(*) FROM post_media_map m WHERE m.post_id = p.id) AS files,
    (SELECT count(*) FROM post_stages s WHERE s.post_id = p.id) AS stages,
    (SELECT count(*) FROM outbox_events e WHERE e.tenant_id = p.tenant_id AND e.aggregate_id = p.id::text) AS events
FROM posts p JOIN channels c ON c.id = p.channel_id WHERE p.id = $1
