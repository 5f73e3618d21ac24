-- A newer or equal version replaces text and links; an empty one never does; the same text never loses a link;
-- counters only grow; the first id stays.
-- The producer's own id for the post is remembered, and the stage is recorded when anything came of it.
WITH saved AS (
    INSERT INTO posts AS p (
        id, tenant_id, channel_id, telegram_message_id, content, content_hash, urls, link_count, posted_at,
        telegram_post_url, has_media, yyyymm, views_count, forwards_count, reactions_count, is_edited, edited_at,
        reply_to_message_id, reply_to_chat_id, thread_id, post_author, grouped_id, forward_from_peer_id,
        forward_from_chat_id, forward_from_message_id, forward_date, forward_from_name, idempotency_key, trace_id
    )
    VALUES (
        $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, to_char($9 AT TIME ZONE 'UTC', 'YYYYMM')::int, $12, $13, $14,
        $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28
    )
    ON CONFLICT (channel_id, telegram_message_id) DO UPDATE SET
        (content, content_hash, urls, link_count) = (
            SELECT v.content, v.content_hash, v.urls, jsonb_array_length(v.urls)
            FROM (VALUES
                ('the same', CASE
                    WHEN COALESCE(EXCLUDED.edited_at, EXCLUDED.posted_at) >= COALESCE(p.edited_at, p.posted_at)
                    THEN EXCLUDED.content ELSE p.content
                END, p.content_hash, (
                    SELECT COALESCE(jsonb_agg(link ORDER BY place), '[]') FROM (
                        SELECT link, min(place) AS place
                        FROM jsonb_array_elements(p.urls || EXCLUDED.urls) WITH ORDINALITY AS l (link, place)
                        GROUP BY link
                    ) links
                )),
                ('incoming', EXCLUDED.content, EXCLUDED.content_hash, EXCLUDED.urls),
                ('stored', p.content, p.content_hash, p.urls)
            ) AS v (version, content, content_hash, urls)
            WHERE v.version = CASE
                WHEN EXCLUDED.content_hash = p.content_hash THEN 'the same'
                WHEN EXCLUDED.content <> '' AND (
                    p.content = ''
                    OR COALESCE(EXCLUDED.edited_at, EXCLUDED.posted_at) >= COALESCE(p.edited_at, p.posted_at)
                ) THEN 'incoming'
                ELSE 'stored'
            END
        ),
        telegram_post_url = COALESCE(p.telegram_post_url, EXCLUDED.telegram_post_url),
        has_media = p.has_media OR EXCLUDED.has_media,
        views_count = GREATEST(p.views_count, EXCLUDED.views_count),
        forwards_count = GREATEST(p.forwards_count, EXCLUDED.forwards_count),
        reactions_count = GREATEST(p.reactions_count, EXCLUDED.reactions_count),
        is_edited = p.is_edited OR EXCLUDED.is_edited,
        edited_at = GREATEST(p.edited_at, EXCLUDED.edited_at),
        reply_to_message_id = COALESCE(p.reply_to_message_id, EXCLUDED.reply_to_message_id),
        reply_to_chat_id = COALESCE(p.reply_to_chat_id, EXCLUDED.reply_to_chat_id),
        thread_id = COALESCE(p.thread_id, EXCLUDED.thread_id),
        post_author = COALESCE(p.post_author, EXCLUDED.post_author),
        grouped_id = COALESCE(p.grouped_id, EXCLUDED.grouped_id),
        forward_from_peer_id = COALESCE(p.forward_from_peer_id, EXCLUDED.forward_from_peer_id),
        forward_from_chat_id = COALESCE(p.forward_from_chat_id, EXCLUDED.forward_from_chat_id),
        forward_from_message_id = COALESCE(p.forward_from_message_id, EXCLUDED.forward_from_message_id),
        forward_date = COALESCE(p.forward_date, EXCLUDED.forward_date),
        forward_from_name = COALESCE(p.forward_from_name, EXCLUDED.forward_from_name),
        updated_at = now()
    RETURNING id, content_hash, (xmax = 0) AS is_new
), alias AS (
    INSERT INTO post_aliases (tenant_id, alias, post_id)
    SELECT $2, $29, saved.id FROM saved WHERE saved.id <> $29
    ON CONFLICT (tenant_id, alias) DO NOTHING
)
INSERT INTO post_stages AS s (post_id, stage, fingerprint, outcome, attempts, scheduled_at, started_at)
SELECT saved.id, 'persist', saved.content_hash, 'done', $30, $31, $32 FROM saved
ON CONFLICT (post_id, stage) DO UPDATE SET
    fingerprint = EXCLUDED.fingerprint, attempts = EXCLUDED.attempts, runs = s.runs + 1,
    scheduled_at = EXCLUDED.scheduled_at, started_at = EXCLUDED.started_at, ended_at = now()
WHERE s.fingerprint <> EXCLUDED.fingerprint
