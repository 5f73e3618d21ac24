-- The end of a request's shares, and what that changes in the sums of their days; a second time changes nothing, and
-- says that nothing has ended. A share that was given up as lost ends too, should its process come back and know what it
-- took.
WITH told AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS t (
        share_id uuid, state text, input_tokens bigint, output_tokens bigint, cached_tokens bigint,
        cost_microunits bigint, error text
    )
), ended AS (
    UPDATE spend_ledger l SET state = t.state, input_tokens = t.input_tokens, output_tokens = t.output_tokens,
        cached_tokens = t.cached_tokens, cost_microunits = t.cost_microunits, request_id = $2, model_answered = $3,
        error = COALESCE(t.error, $4), ended_at = now()
    FROM told t WHERE l.id = t.share_id AND (l.state = 'reserved' OR l.state = 'lost' AND t.state <> 'lost')
    RETURNING l.tenant_id, l.day, l.stage, l.state, l.reserved_tokens, l.reserved_microunits,
        l.input_tokens + l.output_tokens AS tokens, l.cost_microunits AS microunits
), changes AS (
    SELECT e.tenant_id, e.day, s.stage,
        sum(CASE e.state WHEN 'lost' THEN 0 ELSE e.tokens - e.reserved_tokens END) AS tokens,
        sum(CASE e.state WHEN 'lost' THEN 0 ELSE e.microunits - e.reserved_microunits END) AS microunits,
        -count(*) FILTER (WHERE e.state = 'released') AS calls
    FROM ended e CROSS JOIN LATERAL (VALUES (''), (e.stage)) AS s (stage) GROUP BY 1, 2, 3
), days AS (
    SELECT c.* FROM spend_days d JOIN changes c USING (tenant_id, day, stage)
    ORDER BY d.tenant_id, d.day, d.stage FOR UPDATE OF d
), counted AS (
    UPDATE spend_days d
    SET tokens = d.tokens + c.tokens, microunits = d.microunits + c.microunits, calls = d.calls + c.calls
    FROM days c WHERE (d.tenant_id, d.day, d.stage) = (c.tenant_id, c.day, c.stage)
)
SELECT (SELECT count(*) FROM ended) AS ended,
    EXISTS (SELECT FROM provider_brakes WHERE provider = $5 AND (failures > 0 OR opened_at IS NOT NULL)) AS is_troubled
