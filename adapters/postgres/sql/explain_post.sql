SELECT
    p.id AS post_id, t.name AS tenant, p.tenant_id, c.title AS channel, c.tg_channel_id,
    p.telegram_message_id AS message_id, p.telegram_post_url AS link, p.posted_at, p.edited_at, p.created_at,
    p.enrichment_status AS state, p.enrichment_error AS error, p.grouped_id, p.trace_id,
    length(p.content) AS characters, left(p.content, 200) AS text, p.urls AS links,
    COALESCE((SELECT e.data -> 'tags' FROM post_enrichment e WHERE e.post_id = p.id AND e.kind = 'tags'), '[]') AS tags,
    (SELECT COALESCE(jsonb_object_agg(w.place, w.kinds), '{}')
        FROM post_enrichment e, jsonb_each(e.data #> '{metadata,injections}') AS w (place, kinds)
        WHERE e.post_id = p.id AND e.kind IN ('tags', 'crawl')) AS injections,
    (SELECT COALESCE(jsonb_agg(e.kind ORDER BY e.kind), '[]') FROM post_enrichment e WHERE e.post_id = p.id) AS kinds,
    i.embedding_status, i.graph_status, i.vector_id, i.processing_started_at, i.processing_completed_at
FROM posts p
JOIN tenants t ON t.id = p.tenant_id
JOIN channels c ON c.id = p.channel_id
LEFT JOIN indexing_status i ON i.post_id = p.id
WHERE p.id = $1
