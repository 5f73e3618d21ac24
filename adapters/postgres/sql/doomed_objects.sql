-- Object keys that only this post refers to: its files, what was seen in them, the pages that its links led to.
WITH files AS (
    SELECT m.tenant_id, m.file_sha256 FROM post_media_map m
    WHERE m.post_id = $1 AND NOT EXISTS (
        SELECT FROM post_media_map x
        WHERE x.tenant_id = m.tenant_id AND x.file_sha256 = m.file_sha256 AND x.post_id <> m.post_id
    ) AND NOT EXISTS (
        SELECT FROM channel_photos c WHERE c.tenant_id = m.tenant_id AND c.file_sha256 = m.file_sha256)
), pages_of AS (
    SELECT g.* FROM posts p CROSS JOIN LATERAL jsonb_array_elements_text(p.urls) AS l (link)
    JOIN pages g ON g.tenant_id = p.tenant_id AND g.url = l.link
    WHERE p.id = $1 AND NOT EXISTS (
        SELECT FROM posts o WHERE o.tenant_id = p.tenant_id AND o.id <> p.id AND o.urls ? g.url)
)
SELECT o.s3_key AS key FROM files f JOIN media_objects o USING (tenant_id, file_sha256) WHERE o.s3_key IS NOT NULL
UNION SELECT v.s3_key FROM files f JOIN media_vision v USING (tenant_id, file_sha256) WHERE v.s3_key IS NOT NULL
UNION SELECT html_key FROM pages_of WHERE html_key IS NOT NULL
UNION SELECT md_key FROM pages_of WHERE md_key IS NOT NULL
