WITH ours AS (
    SELECT p.id, p.tenant_id, p.telegram_message_id, p.enrichment_status, p.channel_id
    FROM posts p JOIN channels c ON c.id = p.channel_id
    WHERE c.tenant_id = $1 AND c.tg_channel_id = $2
), stages AS (
    SELECT s.* FROM post_stages s JOIN ours ON ours.id = s.post_id
), groups AS (
    SELECT g.assembled_fingerprint IS NOT NULL AS assembled,
        COALESCE((g.meta #>> '{enrichment,partial}')::boolean, false) AS partial
    FROM media_groups g WHERE g.channel_id IN (SELECT channel_id FROM ours)
), own AS (
    SELECT f.tenant_id, f.file_sha256, f.recorded_at
    FROM channel_photos f JOIN channels c ON c.id = f.channel_id
    WHERE c.tenant_id = $1 AND c.tg_channel_id = $2
), files AS (
    SELECT m.tenant_id, m.file_sha256 FROM ours JOIN post_media_map m ON m.post_id = ours.id
    UNION SELECT tenant_id, file_sha256 FROM own
), looked AS (
    SELECT v.file_sha256, v.vision_version, v.features_hash, v.skipped, v.calls
    FROM files JOIN media_vision v USING (tenant_id, file_sha256)
), skips AS (
    -- As the posts' stages say; of the channel's own, as the looks say, or why there are no bytes.
    SELECT f.key AS file_sha256, f.value ->> 'reason' AS reason
    FROM stages s CROSS JOIN LATERAL jsonb_each(s.result -> 'files') AS f
    WHERE s.stage = 'vision' AND f.value ->> 'how' = 'skip'
    UNION SELECT own.file_sha256, COALESCE(o.missing, l.skipped)
    FROM own JOIN media_objects o USING (tenant_id, file_sha256) LEFT JOIN looked l USING (file_sha256)
    WHERE o.missing IS NOT NULL OR l.skipped IS NOT NULL
)
SELECT
    (SELECT count(*) FROM ours) AS total,
    (
        SELECT COALESCE(jsonb_object_agg(enrichment_status, n), '{}')
        FROM (SELECT enrichment_status, count(*) AS n FROM ours GROUP BY 1) s
    ) AS outcomes,
    (
        SELECT COALESCE(jsonb_object_agg(COALESCE(reason, 'unknown'), n), '{}')
        FROM (
            SELECT s.reason, count(*) AS n FROM stages s JOIN ours ON ours.id = s.post_id
            WHERE ours.enrichment_status = 'skipped' AND s.stage = 'enrich' GROUP BY 1
        ) s
    ) AS skip_reasons,
    (
        SELECT COALESCE(jsonb_agg(jsonb_build_object('stage', stage, 'reason', reason, 'posts', n)
            ORDER BY stage, n DESC), '[]')
        FROM (SELECT stage, reason, count(*) AS n FROM stages WHERE outcome = 'skipped' GROUP BY 1, 2) s
    ) AS skipped_stages,
    (
        SELECT COALESCE(jsonb_agg(telegram_message_id ORDER BY telegram_message_id), '[]')
        FROM ours WHERE enrichment_status NOT IN ('indexed', 'skipped')
    ) AS unfinished,
    (SELECT count(*) FROM groups) AS albums,
    (SELECT count(*) FROM groups WHERE assembled AND NOT partial) AS complete,
    (SELECT count(*) FROM groups WHERE assembled AND partial) AS partial,
    (SELECT count(*) FROM own) AS channel_pictures,
    (SELECT count(*) FROM own WHERE recorded_at IS NULL) AS channel_pictures_unrecorded,
    (SELECT count(DISTINCT file_sha256) FROM looked WHERE features_hash IS NOT NULL) AS pictures_analysed,
    (SELECT COALESCE(sum(calls), 0)::bigint FROM looked) AS looks,
    (
        SELECT COALESCE(jsonb_object_agg(reason, n), '{}')
        FROM (SELECT reason, count(DISTINCT file_sha256) AS n FROM skips GROUP BY 1) s
    ) AS pictures_skipped,
    (
        SELECT COALESCE(jsonb_agg(jsonb_build_object('tag', tag, 'posts', n) ORDER BY n DESC, tag), '[]')
        FROM (
            SELECT tag, count(*) AS n FROM ours
            JOIN post_enrichment e ON e.post_id = ours.id AND e.kind = 'tags'
            CROSS JOIN LATERAL jsonb_array_elements_text(COALESCE(e.data -> 'tags', '[]')) AS tag
            GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10
        ) s
    ) AS tags
