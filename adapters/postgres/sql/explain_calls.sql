-- The calls to providers about a post, and those about its pictures that somebody else had made; as they are counted.
WITH about AS (
    SELECT id FROM spend_ledger WHERE post_id = $1
    UNION
    SELECT l.id FROM post_media_map m JOIN spend_ledger l ON l.tenant_id = m.tenant_id AND l.sha256 = m.file_sha256
    WHERE m.post_id = $1
)
SELECT l.stage, l.provider, l.model, l.model_answered, l.state, l.sha256, l.request_id, l.reserved_at, l.ended_at,
    l.input_tokens, l.output_tokens, l.cached_tokens, l.error, l.post_id IS NOT DISTINCT FROM $1 AS is_own,
    CASE l.state WHEN 'settled' THEN l.input_tokens + l.output_tokens WHEN 'released' THEN 0
        ELSE l.reserved_tokens END AS counted_tokens,
    CASE l.state WHEN 'settled' THEN l.cost_microunits WHEN 'released' THEN 0
        ELSE l.reserved_microunits END AS counted_microunits
FROM about JOIN spend_ledger l USING (id) ORDER BY l.reserved_at, l.id
