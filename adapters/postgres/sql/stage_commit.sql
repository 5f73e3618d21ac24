-- Everything that stages leave behind, in one statement: findings merged, records kept, events put into the outbox.
WITH input AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS i (
        post_id uuid, tenant_id uuid, stage text, fingerprint text, outcome text, reason text, output text,
        result jsonb, attempts int, scheduled_at timestamptz, started_at timestamptz, status text,
        kind text, provider text, params_hash text, data jsonb, events jsonb
    )
), findings AS (
    INSERT INTO post_enrichment AS e (post_id, kind, provider, params_hash, data)
    SELECT post_id, kind, provider, params_hash, data FROM input WHERE kind IS NOT NULL
    ON CONFLICT (post_id, kind) DO UPDATE SET
        provider = EXCLUDED.provider, params_hash = COALESCE(EXCLUDED.params_hash, e.params_hash),
        data = e.data || EXCLUDED.data, updated_at = now()
), records AS (
    INSERT INTO post_stages AS s
        (post_id, stage, fingerprint, outcome, reason, output, result, attempts, scheduled_at, started_at)
    SELECT post_id, stage, fingerprint, outcome, reason, output, result, attempts, scheduled_at, started_at FROM input
    ON CONFLICT (post_id, stage) DO UPDATE SET
        fingerprint = EXCLUDED.fingerprint, outcome = EXCLUDED.outcome, reason = EXCLUDED.reason,
        output = EXCLUDED.output, result = EXCLUDED.result, attempts = EXCLUDED.attempts, runs = s.runs + 1,
        scheduled_at = EXCLUDED.scheduled_at, started_at = EXCLUDED.started_at, ended_at = now()
), statuses AS (
    UPDATE posts p SET enrichment_status = i.status, enrichment_error = NULL, is_processed = false
    FROM input i WHERE p.id = i.post_id AND i.status IS NOT NULL
        AND (p.enrichment_status, p.is_processed) IS DISTINCT FROM (i.status, false)
)
INSERT INTO outbox_events (lane, tenant_id, aggregate_id, event_type, stream_key, idempotency_key, fields, trace_id)
SELECT 'bridge', i.tenant_id, i.post_id::text, e ->> 'event_type', e ->> 'stream', e ->> 'idempotency_key',
    e -> 'fields', e ->> 'trace_id'
FROM input i CROSS JOIN LATERAL jsonb_array_elements(i.events) AS e
ON CONFLICT (stream_key, idempotency_key) DO NOTHING
