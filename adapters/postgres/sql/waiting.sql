-- What is recorded of workflows that wait for somebody: how they are called, and the park that each is in.
SELECT w.workflow_id, t.name AS tenant, c.title AS channel, c.username, p.telegram_post_url AS link,
    (SELECT count(*) FROM channels x WHERE x.tg_channel_id = w.tg_channel_id) AS followers,
    k.message, k.problems, k.since, k.until
FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[]) AS w (workflow_id, run_id, tenant_id, tg_channel_id)
LEFT JOIN tenants t ON t.id = w.tenant_id
LEFT JOIN channels c ON c.tenant_id = w.tenant_id AND c.tg_channel_id = w.tg_channel_id
LEFT JOIN LATERAL (
    SELECT * FROM parks k WHERE k.workflow_id = w.workflow_id AND k.run_id = w.run_id AND k.ended_at IS NULL
    ORDER BY k.number DESC LIMIT 1
) k ON true
LEFT JOIN posts p ON p.id = k.post_id
