-- What providers cost: what a tenant may spend in a day, every call, the day's sums, and the brakes of providers.

-- A limit is null where there is none; a tenant without a row has the budgets of the policy file.
CREATE TABLE budgets (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    stage text NOT NULL,
    tokens_per_day bigint CHECK (tokens_per_day >= 0),
    money_per_day_microunits bigint CHECK (money_per_day_microunits >= 0),
    set_by text NOT NULL,
    set_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, stage)
);
COMMENT ON COLUMN budgets.stage IS 'empty for everything together';

-- One row for each post or picture that a provider was asked about; those of one request have its request_id.
CREATE TABLE spend_ledger (
    id uuid PRIMARY KEY,
    request_id uuid,
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    day date NOT NULL,
    stage text NOT NULL,
    post_id uuid,
    sha256 char(64),
    provider text NOT NULL,
    model text NOT NULL,
    model_answered text,
    state text NOT NULL CHECK (state IN ('reserved', 'settled', 'released', 'lost')),
    reserved_tokens bigint NOT NULL,
    reserved_microunits bigint NOT NULL,
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    cached_tokens bigint NOT NULL DEFAULT 0,
    cost_microunits bigint NOT NULL DEFAULT 0,
    reserved_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    ended_at timestamptz,
    error text
);
CREATE INDEX ix_spend_ledger_day ON spend_ledger (tenant_id, day);
CREATE INDEX ix_spend_ledger_post ON spend_ledger (post_id) WHERE post_id IS NOT NULL;
CREATE INDEX ix_spend_ledger_picture ON spend_ledger (tenant_id, sha256) WHERE sha256 IS NOT NULL;
CREATE INDEX ix_spend_ledger_reserved ON spend_ledger (ends_at) WHERE state = 'reserved';
COMMENT ON COLUMN spend_ledger.day IS 'the day (UTC) on which it was reserved: what it took is counted there, whenever it ends';
COMMENT ON COLUMN spend_ledger.request_id IS 'null where nobody knows of a request: it is on its way, was never sent, or its process died';
COMMENT ON COLUMN spend_ledger.ends_at IS 'longer than any call takes: what is still reserved then is lost, and stays counted';

-- The sums of a day, of everything (stage is empty) and of each stage; changed only together with the ledger:
-- settled rows count with what they took, reserved and lost ones with what was reserved, released ones not at all.
CREATE TABLE spend_days (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    day date NOT NULL,
    stage text NOT NULL,
    tokens bigint NOT NULL DEFAULT 0,
    microunits bigint NOT NULL DEFAULT 0,
    calls bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, day, stage)
);

-- A provider that failed several times in a row (opened_at) is asked again at probe_at, by one caller (probe_by).
CREATE TABLE provider_brakes (
    provider text PRIMARY KEY,
    failures int NOT NULL,
    opened_at timestamptz,
    probe_at timestamptz,
    probe_by uuid,
    failed_probes int NOT NULL DEFAULT 0,
    last_error text,
    changed_at timestamptz NOT NULL
);
COMMENT ON COLUMN provider_brakes.probe_at IS 'while probe_by is set: when that probe is given up, because its process died';
