-- A picture that a channel got as its own, by a service message: no post, so it has no row in posts.
CREATE TABLE channel_photos (
    id uuid PRIMARY KEY,
    channel_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    telegram_message_id bigint NOT NULL,
    posted_at timestamptz NOT NULL,
    file_sha256 char(64) NOT NULL,
    trace_id char(32) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    handed_over_at timestamptz,
    recorded_at timestamptz,
    UNIQUE (channel_id, telegram_message_id),
    FOREIGN KEY (channel_id, tenant_id) REFERENCES channels (id, tenant_id),
    FOREIGN KEY (tenant_id, file_sha256) REFERENCES media_objects (tenant_id, file_sha256)
);
CREATE INDEX ix_channel_photos_waiting ON channel_photos (posted_at) WHERE handed_over_at IS NULL;
CREATE INDEX ix_channel_photos_sha ON channel_photos (tenant_id, file_sha256);
COMMENT ON COLUMN channel_photos.handed_over_at IS 'when Temporal took it; null again when its file came later';
COMMENT ON COLUMN channel_photos.recorded_at IS 'when it was looked at, or skipped, and is in the graph';
COMMENT ON COLUMN media_objects.missing IS
    'why there are no bytes; file_sha256 is then derived from its owner (post or channel picture) and position';
