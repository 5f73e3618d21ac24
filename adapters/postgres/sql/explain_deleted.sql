-- What is left of a deleted post: its tombstone.
SELECT x.post_id, t.name AS tenant, x.tenant_id, c.title AS channel, c.tg_channel_id, x.channel_id,
    x.telegram_message_id AS message_id, x.known_as, x.grouped_id, x.reason, x.trace_id, x.deleted_at, x.recorded_at,
    x.erased_at, x.counts
FROM post_tombstones x
JOIN tenants t ON t.id = x.tenant_id
JOIN channels c ON c.id = x.channel_id
WHERE x.channel_id = $1 AND x.telegram_message_id = $2
