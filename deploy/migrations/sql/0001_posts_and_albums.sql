-- Names, columns and keys of the original tables that posts and albums need; tenant columns and foreign keys are new.

CREATE TABLE tenants (
    id uuid PRIMARY KEY,
    name varchar(255) NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    settings jsonb NOT NULL DEFAULT '{}'
);

CREATE TABLE channels (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    tg_channel_id bigint NOT NULL,
    username varchar(255),
    title varchar(500),
    is_active boolean NOT NULL DEFAULT true,
    last_message_at timestamptz,
    last_parsed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    settings jsonb NOT NULL DEFAULT '{}',
    UNIQUE (tenant_id, tg_channel_id),
    UNIQUE (id, tenant_id)
);

CREATE TABLE posts (
    id uuid PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    channel_id uuid NOT NULL,
    telegram_message_id bigint NOT NULL,
    content text NOT NULL DEFAULT '',
    content_hash char(64) NOT NULL,
    media_urls jsonb NOT NULL DEFAULT '[]',
    urls jsonb NOT NULL DEFAULT '[]',
    link_count int NOT NULL DEFAULT 0,
    posted_at timestamptz NOT NULL,
    url text,
    telegram_post_url text,
    has_media boolean NOT NULL DEFAULT false,
    yyyymm int,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    is_processed boolean NOT NULL DEFAULT false,
    views_count int NOT NULL DEFAULT 0,
    forwards_count int NOT NULL DEFAULT 0,
    reactions_count int NOT NULL DEFAULT 0,
    replies_count int NOT NULL DEFAULT 0,
    engagement_score real GENERATED ALWAYS AS (
        log(1 + views_count::numeric) + 2 * log(1 + reactions_count::numeric)
        + 3 * log(1 + forwards_count::numeric) + log(1 + replies_count::numeric)
    ) STORED,
    is_pinned boolean NOT NULL DEFAULT false,
    is_edited boolean NOT NULL DEFAULT false,
    edited_at timestamptz,
    post_author text,
    reply_to_message_id bigint,
    reply_to_chat_id bigint,
    via_bot_id bigint,
    is_silent boolean,
    noforwards boolean,
    last_metrics_update timestamptz,
    grouped_id bigint,
    forward_from_peer_id jsonb,
    forward_from_chat_id bigint,
    forward_from_message_id bigint,
    forward_date timestamptz,
    forward_from_name text,
    thread_id bigint,
    forum_topic_id bigint,
    source text NOT NULL DEFAULT 'channel' CHECK (source IN ('channel', 'group', 'dm', 'persona')),
    idempotency_key text,
    trace_id char(32) NOT NULL,
    enrichment_status text NOT NULL DEFAULT 'pending'
        CHECK (enrichment_status IN ('pending', 'tagged', 'enriched', 'indexed', 'failed', 'skipped')),
    enrichment_error text,
    details jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT ux_posts_chan_msg UNIQUE (channel_id, telegram_message_id),
    UNIQUE (id, tenant_id),
    FOREIGN KEY (channel_id, tenant_id) REFERENCES channels (id, tenant_id)
);
CREATE INDEX ix_posts_grouped ON posts (channel_id, grouped_id) WHERE grouped_id IS NOT NULL;
CREATE INDEX ix_posts_tenant_status ON posts (tenant_id, enrichment_status);
CREATE INDEX ix_posts_posted ON posts (tenant_id, posted_at DESC);
COMMENT ON COLUMN posts.details IS 'what an export says beyond the columns: poll, document name, service facts, entities';

-- Other producers draw a post_id of their own for every entry; this says which post they mean.
CREATE TABLE post_aliases (
    tenant_id uuid NOT NULL,
    alias uuid NOT NULL,
    post_id uuid NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, alias)
);
CREATE INDEX ix_post_aliases_post ON post_aliases (post_id);

-- The same for channels: the first id stays, other producers' ids are remembered.
CREATE TABLE channel_aliases (
    tenant_id uuid NOT NULL,
    alias uuid NOT NULL,
    channel_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, alias),
    FOREIGN KEY (channel_id, tenant_id) REFERENCES channels (id, tenant_id) ON DELETE CASCADE
);

CREATE TABLE indexing_status (
    post_id uuid PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    embedding_status text NOT NULL DEFAULT 'pending'
        CHECK (embedding_status IN ('pending', 'processing', 'completed', 'failed', 'skipped')),
    graph_status text NOT NULL DEFAULT 'pending'
        CHECK (graph_status IN ('pending', 'processing', 'completed', 'failed', 'skipped')),
    processing_started_at timestamptz,
    processing_completed_at timestamptz,
    error_message text,
    retry_count int NOT NULL DEFAULT 0,
    vector_id text
);

CREATE TABLE post_enrichment (
    post_id uuid NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('vision', 'vision_ocr', 'crawl', 'tags', 'classify', 'general')),
    provider text,
    params_hash varchar(64),
    data jsonb NOT NULL,
    status text NOT NULL DEFAULT 'ok' CHECK (status IN ('ok', 'partial', 'error')),
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    album_size int,
    vision_labels_agg jsonb,
    ocr_present boolean,
    PRIMARY KEY (post_id, kind)
);

-- The same bytes in two tenants are two rows: nothing of one shows in the other.
CREATE TABLE media_objects (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    file_sha256 char(64) NOT NULL,
    mime text NOT NULL,
    size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
    s3_key text,
    s3_bucket text,
    missing text,
    first_seen_at timestamptz NOT NULL DEFAULT now(),
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, file_sha256)
);
COMMENT ON COLUMN media_objects.missing IS 'why there are no bytes; file_sha256 is then derived from post and position';

CREATE TABLE post_media_map (
    post_id uuid NOT NULL,
    tenant_id uuid NOT NULL,
    file_sha256 char(64) NOT NULL,
    position int NOT NULL DEFAULT 0,
    role text NOT NULL DEFAULT 'primary' CHECK (role IN ('primary', 'attachment', 'thumbnail')),
    uploaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (post_id, file_sha256),
    FOREIGN KEY (post_id, tenant_id) REFERENCES posts (id, tenant_id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, file_sha256) REFERENCES media_objects (tenant_id, file_sha256)
);
CREATE INDEX ix_post_media_sha ON post_media_map (tenant_id, file_sha256);

CREATE TABLE media_groups (
    id bigserial PRIMARY KEY,
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    user_id uuid,
    channel_id uuid NOT NULL,
    grouped_id bigint NOT NULL,
    inferred boolean NOT NULL DEFAULT false,
    album_kind text CHECK (album_kind IN ('photo', 'video', 'document', 'mixed')),
    items_count int NOT NULL DEFAULT 0,
    content_hash char(64),
    caption_text text,
    posted_at timestamptz,
    cover_media_id text,
    meta jsonb NOT NULL DEFAULT '{}',
    assembled_fingerprint char(64),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (channel_id, grouped_id),
    FOREIGN KEY (channel_id, tenant_id) REFERENCES channels (id, tenant_id)
);

CREATE TABLE media_group_items (
    id bigserial PRIMARY KEY,
    group_id bigint NOT NULL REFERENCES media_groups (id) ON DELETE CASCADE,
    post_id uuid NOT NULL,
    position int NOT NULL,
    media_type text,
    media_bytes bigint,
    media_sha256 char(64),
    meta jsonb NOT NULL DEFAULT '{}',
    deleted_at timestamptz,
    UNIQUE (group_id, post_id)
);
COMMENT ON COLUMN media_group_items.post_id IS 'as announced; the post itself may arrive later, or under an alias';

CREATE TABLE post_forwards (
    post_id uuid PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    from_chat_id bigint,
    from_message_id bigint,
    from_chat_title text,
    from_chat_username text,
    forwarded_at timestamptz,
    from_id jsonb,
    from_name text,
    post_author_signature text
);

CREATE TABLE post_reactions (
    post_id uuid NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    reaction_type text NOT NULL CHECK (reaction_type IN ('emoji', 'custom_emoji', 'paid')),
    reaction_value text NOT NULL,
    count int NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (post_id, reaction_type, reaction_value)
);

CREATE TABLE post_replies (
    post_id uuid PRIMARY KEY REFERENCES posts (id) ON DELETE CASCADE,
    reply_to_message_id bigint NOT NULL,
    reply_to_chat_id bigint
);

-- What a stage did last: its inputs' fingerprint decides whether it runs again.
CREATE TABLE post_stages (
    post_id uuid NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    stage text NOT NULL,
    fingerprint char(64) NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('done', 'skipped')),
    reason text,
    output text NOT NULL DEFAULT '',
    result jsonb NOT NULL DEFAULT '{}',
    attempts int NOT NULL DEFAULT 1,
    runs int NOT NULL DEFAULT 1,
    scheduled_at timestamptz NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (post_id, stage)
);
CREATE INDEX ix_post_stages_stage ON post_stages (stage, outcome, reason);

-- One look per (tenant, bytes, version), whoever asked first; a claim makes others wait instead of pay.
CREATE TABLE media_vision (
    tenant_id uuid NOT NULL,
    file_sha256 char(64) NOT NULL,
    vision_version text NOT NULL,
    claimed_until timestamptz,
    skipped text,
    features_hash char(64),
    data jsonb,
    s3_key text,
    analyzed_at timestamptz,
    calls int NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, file_sha256, vision_version)
);

-- One page per (tenant, link, policy version).
CREATE TABLE pages (
    tenant_id uuid NOT NULL,
    page_key char(64) NOT NULL,
    url text NOT NULL,
    final_url text,
    title text,
    excerpt text,
    word_count int NOT NULL DEFAULT 0,
    content_sha256 char(64),
    html_key text,
    md_key text,
    skipped text,
    fetched_at timestamptz NOT NULL DEFAULT now(),
    latency_ms int,
    PRIMARY KEY (tenant_id, page_key)
);

-- Every event that leaves: written with what it tells of, appended to its stream after the commit, kept as the record.
CREATE TABLE outbox_events (
    id bigserial PRIMARY KEY,
    lane text NOT NULL CHECK (lane IN ('ingest', 'bridge')),
    tenant_id uuid NOT NULL,
    aggregate_id text NOT NULL,
    event_type text NOT NULL,
    stream_key text NOT NULL,
    idempotency_key text NOT NULL,
    fields jsonb NOT NULL,
    trace_id char(32) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    processed_at timestamptz,
    entry_id text,
    UNIQUE (stream_key, idempotency_key)
);
CREATE INDEX ix_outbox_unsent ON outbox_events (lane, id) WHERE processed_at IS NULL;
CREATE INDEX ix_outbox_aggregate ON outbox_events (aggregate_id, id);
