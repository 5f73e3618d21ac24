-- How many pages were read: for a tenant on a day, and from one host within an hour.

CREATE TABLE page_counts (
    tenant_id uuid NOT NULL,
    since timestamptz NOT NULL,
    host text NOT NULL,
    used int NOT NULL CHECK (used >= 0),
    PRIMARY KEY (tenant_id, since, host)
);
COMMENT ON COLUMN page_counts.since IS 'when the hour began; where host is empty, the day (UTC)';
COMMENT ON COLUMN page_counts.host IS 'empty: all hosts together';
