-- For repair: who this archive is, and quick answers to what was sent since some moment.

CREATE TABLE archive (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    created_at timestamptz NOT NULL DEFAULT now(),
    only_one boolean NOT NULL DEFAULT true UNIQUE CHECK (only_one)
);
COMMENT ON TABLE archive IS 'one row: the name by which others (Redis) know this database';

INSERT INTO archive DEFAULT VALUES;

CREATE INDEX ix_outbox_sent ON outbox_events (processed_at) WHERE processed_at IS NOT NULL;
