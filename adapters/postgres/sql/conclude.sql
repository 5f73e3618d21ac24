-- The end of a post's way, in one statement: its status, its indexing, the events that say so; and whether an earlier
-- run of its workflow ($5) left a park or a dead letter.
WITH indexing AS (
    INSERT INTO indexing_status AS i
        (post_id, embedding_status, graph_status, vector_id, processing_started_at, processing_completed_at)
    SELECT $1::uuid, s.state, s.state, CASE WHEN s.state = 'completed' THEN $1::uuid::text END,
        (SELECT min(started_at) FROM post_stages WHERE post_id = $1::uuid), now()
    FROM (SELECT CASE WHEN $2::text = 'indexed' THEN 'completed' ELSE 'skipped' END AS state) s
    ON CONFLICT (post_id) DO UPDATE SET
        embedding_status = EXCLUDED.embedding_status, graph_status = EXCLUDED.graph_status,
        vector_id = COALESCE(EXCLUDED.vector_id, i.vector_id),
        processing_started_at = COALESCE(i.processing_started_at, EXCLUDED.processing_started_at),
        processing_completed_at = now(), error_message = NULL
), status AS (
    UPDATE posts SET enrichment_status = $2::text, enrichment_error = NULL, is_processed = true
    WHERE id = $1::uuid AND (enrichment_status, is_processed) IS DISTINCT FROM ($2::text, true)
), events AS (
    INSERT INTO outbox_events (
        lane, tenant_id, aggregate_id, event_type, stream_key, idempotency_key, fields, trace_id
    )
    SELECT 'bridge', $3::uuid, $1::uuid::text, e ->> 'event_type', e ->> 'stream', e ->> 'idempotency_key',
        e -> 'fields', e ->> 'trace_id'
    FROM jsonb_array_elements($4::jsonb) AS e
    ON CONFLICT (stream_key, idempotency_key) DO NOTHING
)
SELECT EXISTS (SELECT FROM parks WHERE workflow_id = $5::text AND ended_at IS NULL)
    OR EXISTS (SELECT FROM outbox_events WHERE aggregate_id = $5::text AND event_type = 'dlq.message')
