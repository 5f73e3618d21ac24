SELECT
    count(p.id) AS total,
    count(p.id) FILTER (WHERE p.enrichment_status IN ('indexed', 'skipped')) AS terminal,
    (SELECT count(*) FROM media_groups g WHERE g.channel_id = c.id) AS albums,
    (SELECT count(*) FROM media_groups g WHERE g.channel_id = c.id AND g.assembled_fingerprint IS NOT NULL)
        AS assembled,
    (SELECT count(*) FROM channel_photos f WHERE f.channel_id = c.id) AS channel_pictures,
    (SELECT count(*) FROM channel_photos f WHERE f.channel_id = c.id AND f.recorded_at IS NOT NULL)
        AS recorded,
    (SELECT count(*) FROM channel_photos f WHERE f.channel_id = c.id AND f.handed_over_at IS NULL)
        AS not_handed_over,
    (SELECT count(*) FROM outbox_events e WHERE e.tenant_id = $1 AND e.processed_at IS NULL) AS unsent,
    (SELECT COALESCE(sum(s.runs), 0)::bigint FROM post_stages s JOIN posts q ON q.id = s.post_id
        WHERE q.channel_id = c.id) AS runs
FROM channels c LEFT JOIN posts p ON p.channel_id = c.id
WHERE c.tenant_id = $1 AND c.tg_channel_id = $2
GROUP BY c.id
