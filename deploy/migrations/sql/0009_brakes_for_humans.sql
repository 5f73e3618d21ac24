-- A provider that does not take our key fails like one that is away, but nothing that waits for it goes on by itself.

ALTER TABLE provider_brakes ADD COLUMN needs_human boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN provider_brakes.needs_human IS 'whether what it failed at last is mended by nobody but a human';
