-- What each tenant may spend today and has spent, in all and by stage. What was reserved today and has not ended is
-- told apart: it is in the sums too. $1: one tenant, or null for all; $2: the stages that are told in any case.
WITH today AS (
    SELECT (now() AT TIME ZONE 'UTC')::date AS day
), named AS (
    SELECT t.id AS tenant_id, t.name AS tenant, s.stage FROM tenants t CROSS JOIN unnest($2::text[]) AS s (stage)
    WHERE $1::uuid IS NULL OR t.id = $1
), open AS (
    SELECT l.tenant_id, s.stage, sum(l.reserved_tokens) AS tokens, sum(l.reserved_microunits) AS microunits
    FROM today JOIN spend_ledger l USING (day) CROSS JOIN LATERAL (VALUES (''), (l.stage)) AS s (stage)
    WHERE l.state = 'reserved' GROUP BY 1, 2
), sent AS (
    SELECT l.tenant_id, s.stage, count(DISTINCT l.request_id) AS requests,
        count(*) FILTER (WHERE l.state = 'lost') AS lost,
        sum(l.reserved_tokens) FILTER (WHERE l.state = 'lost') AS lost_tokens
    FROM tenants t CROSS JOIN today JOIN spend_ledger l ON l.tenant_id = t.id AND l.day = today.day
    CROSS JOIN LATERAL (VALUES (''), (l.stage)) AS s (stage)
    WHERE $1::uuid IS NULL OR t.id = $1 GROUP BY 1, 2
)
SELECT n.tenant_id, n.tenant, n.stage, today.day, COALESCE(d.tokens, 0) AS tokens,
    COALESCE(d.microunits, 0) AS microunits, COALESCE(d.calls, 0) AS calls,
    COALESCE(open.tokens, 0)::bigint AS reserved_tokens, COALESCE(open.microunits, 0)::bigint AS reserved_microunits,
    COALESCE(sent.requests, 0) AS requests, COALESCE(sent.lost, 0) AS lost,
    COALESCE(sent.lost_tokens, 0)::bigint AS lost_tokens, b.stage IS NOT NULL AS is_own,
    b.tokens_per_day, b.money_per_day_microunits AS microunits_per_day, b.set_by, b.set_at
FROM named n CROSS JOIN today
LEFT JOIN spend_days d ON (d.tenant_id, d.day, d.stage) = (n.tenant_id, today.day, n.stage)
LEFT JOIN budgets b ON (b.tenant_id, b.stage) = (n.tenant_id, n.stage)
LEFT JOIN open ON (open.tenant_id, open.stage) = (n.tenant_id, n.stage)
LEFT JOIN sent ON (sent.tenant_id, sent.stage) = (n.tenant_id, n.stage)
ORDER BY n.tenant, array_position($2, n.stage)
