-- Why a call found no room: what is counted today in the budgets that it was held against, how much of that is only
-- promised to calls under way, and what may be spent. One look at both tables: the sums and the promises fit together.
WITH today AS (
    SELECT (now() AT TIME ZONE 'UTC')::date AS day
), open AS (
    SELECT s.stage, sum(l.reserved_tokens)::bigint AS tokens, sum(l.reserved_microunits)::bigint AS microunits
    FROM today JOIN spend_ledger l ON l.tenant_id = $1 AND l.day = today.day AND l.state = 'reserved'
    CROSS JOIN LATERAL (VALUES (''), (l.stage)) AS s (stage) GROUP BY 1
)
SELECT p.stage, COALESCE(d.tokens, 0) AS tokens, COALESCE(d.microunits, 0) AS microunits,
    COALESCE(open.tokens, 0) AS promised_tokens, COALESCE(open.microunits, 0) AS promised_microunits,
    CASE WHEN b.stage IS NULL THEN p.tokens ELSE b.tokens_per_day END AS tokens_per_day,
    CASE WHEN b.stage IS NULL THEN p.microunits ELSE b.money_per_day_microunits END AS microunits_per_day,
    now() AS now, (SELECT t.name FROM tenants t WHERE t.id = $1) AS tenant
FROM today CROSS JOIN (VALUES ('', $3::bigint, $4::bigint), ($2, $5, $6)) AS p (stage, tokens, microunits)
LEFT JOIN spend_days d ON (d.tenant_id, d.day, d.stage) = ($1, today.day, p.stage)
LEFT JOIN budgets b ON (b.tenant_id, b.stage) = ($1, p.stage)
LEFT JOIN open ON open.stage = p.stage
ORDER BY p.stage
