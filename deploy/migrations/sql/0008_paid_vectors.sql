-- Vectors that were paid for: the last of each post and embedder, so that no text is paid for twice.

CREATE TABLE paid_vectors (
    post_id uuid NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    embedder text NOT NULL,
    text_hash char(64) NOT NULL,
    vector bytea NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (post_id, embedder)
);
COMMENT ON COLUMN paid_vectors.embedder IS 'who made it, as in the name of its collection: provider.model.version.size';
COMMENT ON COLUMN paid_vectors.text_hash IS 'sha256 of what was embedded: another text is embedded, and paid for, anew';
COMMENT ON COLUMN paid_vectors.vector IS 'floats of four bytes each, the lowest byte first'
