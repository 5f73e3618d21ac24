-- What operating asks for: tombstones of deleted posts, edits that came before their post, and who was parked why.

-- A deleted post stays deleted: whatever comes of it later is turned away here.
CREATE TABLE post_tombstones (
    tenant_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    telegram_message_id bigint NOT NULL,
    post_id uuid NOT NULL,
    known_as uuid[] NOT NULL DEFAULT '{}',
    grouped_id bigint,
    reason text NOT NULL,
    trace_id char(32) NOT NULL,
    deleted_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    erased_at timestamptz,
    counts jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (channel_id, telegram_message_id),
    FOREIGN KEY (channel_id, tenant_id) REFERENCES channels (id, tenant_id)
);
CREATE INDEX ix_post_tombstones_known_as ON post_tombstones USING gin (known_as);
COMMENT ON COLUMN post_tombstones.known_as IS 'every id that the post had: ours, and those of other producers';

-- The one place that says so, whoever writes: the starter's posts and an import's.
CREATE FUNCTION turn_away_deleted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT FROM post_tombstones t WHERE t.channel_id = NEW.channel_id AND t.telegram_message_id = NEW.telegram_message_id) THEN RETURN NULL; END IF; RETURN NEW; END $$;
CREATE TRIGGER tr_posts_turn_away_deleted BEFORE INSERT ON posts FOR EACH ROW EXECUTE FUNCTION turn_away_deleted();

-- The newest edit of a post that has not arrived.
CREATE TABLE post_early_edits (
    tenant_id uuid NOT NULL,
    channel_id uuid NOT NULL,
    telegram_message_id bigint NOT NULL,
    content text NOT NULL,
    content_hash char(64) NOT NULL,
    urls jsonb NOT NULL,
    edited_at timestamptz NOT NULL,
    PRIMARY KEY (channel_id, telegram_message_id),
    FOREIGN KEY (channel_id, tenant_id) REFERENCES channels (id, tenant_id)
);

-- Every time that a post or an album waited for somebody, and how the wait ended.
CREATE TABLE parks (
    id bigserial PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    workflow_id text NOT NULL,
    run_id text NOT NULL,
    number int NOT NULL,
    post_id uuid,
    tg_channel_id bigint NOT NULL,
    stage text NOT NULL,
    reason text NOT NULL,
    message text NOT NULL,
    problems jsonb NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    ended_at timestamptz,
    action text,
    left_out text,
    decided_by text,
    note text,
    woken_by text,
    UNIQUE (workflow_id, run_id, number)
);
CREATE INDEX ix_parks_open ON parks (tenant_id, reason) WHERE ended_at IS NULL;
CREATE INDEX ix_parks_post ON parks (post_id);
