-- What a deletion still has to remove from the object store once its rows are gone: a retry reads it here.

ALTER TABLE post_tombstones ADD COLUMN doomed jsonb NOT NULL DEFAULT '[]';
COMMENT ON COLUMN post_tombstones.doomed IS 'objects that nothing referred to any more: key, and file (sha256) or page (page_key)';
