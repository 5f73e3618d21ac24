-- One share: is there room in the tenant's budgets, may the provider be asked, then count it and keep it; all or nothing.
-- The day's sums are locked before they are compared, those of everything first: nobody reserves beyond a limit.
-- Who cannot wait ($16 is false) is counted, and no budget refuses it.
-- Without the day's rows (days is less than 2) nothing is decided.
WITH days AS (
    SELECT d.day, d.stage, d.tokens, d.microunits FROM spend_days d
    WHERE d.tenant_id = $2 AND d.day = (now() AT TIME ZONE 'UTC')::date AND d.stage IN ('', $3)
    ORDER BY d.stage FOR UPDATE
), spent AS (
    SELECT days.*,
        CASE WHEN b.stage IS NULL THEN p.tokens ELSE b.tokens_per_day END AS tokens_per_day,
        CASE WHEN b.stage IS NULL THEN p.microunits ELSE b.money_per_day_microunits END AS microunits_per_day
    FROM days
    JOIN (VALUES ('', $12::bigint, $13::bigint), ($3, $14, $15)) AS p (stage, tokens, microunits) USING (stage)
    LEFT JOIN budgets b ON b.tenant_id = $2 AND b.stage = days.stage
), room AS (
    SELECT count(*) AS days, count(*) = 2 AND bool_and(
        NOT $16::boolean OR (tokens_per_day IS NULL OR tokens + $8 <= tokens_per_day)
        AND (microunits_per_day IS NULL OR COALESCE(microunits + $9 <= microunits_per_day, false))
    ) AS is_there
    FROM spent
), brake AS (
    SELECT failures, opened_at, probe_at, probe_by, last_error, needs_human FROM provider_brakes
    WHERE provider = $6 AND opened_at IS NOT NULL
), probe AS (
    UPDATE provider_brakes b SET probe_by = $1, probe_at = now() + $11, changed_at = now() FROM room
    WHERE room.is_there AND b.provider = $6 AND b.opened_at IS NOT NULL AND b.probe_at <= now()
    RETURNING b.provider
), go AS (
    SELECT room.days, room.is_there, room.is_there AND (brake.opened_at IS NULL OR probe.provider IS NOT NULL) AS may,
        probe.provider IS NOT NULL AS is_probe, brake.*
    FROM room LEFT JOIN brake ON true LEFT JOIN probe ON true
), counted AS (
    UPDATE spend_days d SET tokens = d.tokens + $8, microunits = d.microunits + COALESCE($9, 0), calls = d.calls + 1
    FROM days, go WHERE go.may AND d.tenant_id = $2 AND d.day = days.day AND d.stage = days.stage
), kept AS (
    INSERT INTO spend_ledger (
        id, tenant_id, day, stage, post_id, sha256, provider, model, state, reserved_tokens, reserved_microunits,
        reserved_at, ends_at
    )
    SELECT $1, $2, (now() AT TIME ZONE 'UTC')::date, $3, $4, $5, $6, $7, 'reserved', $8, COALESCE($9, 0), now(),
        now() + $10
    FROM go WHERE go.may
)
SELECT go.*, now() AS now FROM go
