"""What was seen in each file, once per (tenant, bytes, version); claims that make others wait instead of pay."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from contracts.post import MediaSeen
from contracts.vision import Look, PictureFacts, Recalled

#: An answer holds its claim for as long as its object may not be written.
RECALL = """
SELECT skipped, features_hash, CASE WHEN claimed_until IS NOT NULL THEN data END AS unwritten FROM media_vision
WHERE tenant_id = $1 AND file_sha256 = $2 AND vision_version = $3 AND (features_hash IS NOT NULL OR skipped IS NOT NULL)
"""

#: The key is known before the answer is: an object that was never remembered goes with its file all the same.
CLAIM = """
INSERT INTO media_vision AS v (tenant_id, file_sha256, vision_version, claimed_until, s3_key)
VALUES ($1, $2, $3, now() + $4, $5)
ON CONFLICT (tenant_id, file_sha256, vision_version) DO UPDATE SET
    claimed_until = EXCLUDED.claimed_until, s3_key = EXCLUDED.s3_key
    WHERE v.features_hash IS NULL AND v.skipped IS NULL AND v.claimed_until < now()
RETURNING claimed_until
"""

#: The moment when a claim ends says whose it is: the next one is only made after it.
RELEASE = """
UPDATE media_vision SET claimed_until = now() - interval '1 second'
WHERE tenant_id = $1 AND file_sha256 = $2 AND vision_version = $3 AND features_hash IS NULL AND skipped IS NULL
    AND claimed_until = $4
"""

KNOWN = """
SELECT file_sha256, vision_version, COALESCE(features_hash, '') AS features_hash, skipped, data AS facts
FROM media_vision
WHERE tenant_id = $1 AND file_sha256 = ANY ($2) AND vision_version = ANY ($3)
    AND (features_hash IS NOT NULL OR skipped IS NOT NULL)
"""

REMEMBER = """
INSERT INTO media_vision AS v
    (tenant_id, file_sha256, vision_version, skipped, features_hash, data, s3_key, analyzed_at, calls, claimed_until)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $7::text IS NOT NULL THEN now() END)
ON CONFLICT (tenant_id, file_sha256, vision_version) DO UPDATE SET
    claimed_until = EXCLUDED.claimed_until, skipped = EXCLUDED.skipped, features_hash = EXCLUDED.features_hash,
    data = EXCLUDED.data, s3_key = EXCLUDED.s3_key, analyzed_at = EXCLUDED.analyzed_at, calls = v.calls + EXCLUDED.calls
"""

WRITTEN = """
UPDATE media_vision SET claimed_until = NULL
WHERE tenant_id = $1 AND file_sha256 = $2 AND vision_version = $3 AND features_hash IS NOT NULL
"""


class VisionMemory:
    """Looks that were taken."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def recall(self, tenant_id: UUID, sha256: str, version: str) -> Recalled | None:
        """Return what an earlier look gave, None when nobody has looked."""
        with our_errors():
            row = await self._pool.fetchrow(RECALL, tenant_id, sha256, version)
        if row is None:
            return None
        seen = MediaSeen(sha256=sha256, features_hash=row["features_hash"] or "", skipped=row["skipped"])
        return Recalled(seen=seen, unwritten=row["unwritten"])

    async def known(
        self, tenant_id: UUID, files: Iterable[str], versions: Iterable[str]
    ) -> dict[str, dict[str, Look]]:
        """Return the looks that were taken at these files, whole, by file and version."""
        found: dict[str, dict[str, Look]] = {}
        with our_errors():
            rows = await self._pool.fetch(KNOWN, tenant_id, list(files), list(versions))
        for row in rows:
            looks = found.setdefault(row["file_sha256"], {})
            looks[row["vision_version"]] = Look.model_validate(dict(row))
        return found

    async def claim(
        self, tenant_id: UUID, sha256: str, version: str, lasting: timedelta, key: str
    ) -> datetime | None:
        """Return until when the caller alone may look; None while another caller's claim lasts.

        ``key`` is that of the object which the answer will be kept as.
        """
        with our_errors():
            until: datetime | None = await self._pool.fetchval(
                CLAIM, tenant_id, sha256, version, lasting, key
            )
        return until

    async def release(self, tenant_id: UUID, sha256: str, version: str, until: datetime) -> None:
        """Give the claim until then back after a look that failed; that of somebody else stays."""
        with our_errors():
            await self._pool.execute(RELEASE, tenant_id, sha256, version, until)

    async def remember(
        self, tenant_id: UUID, seen: MediaSeen, version: str, facts: PictureFacts | None, key: str | None
    ) -> None:
        """Keep what a look gave: facts with the key of the object to be written, or why the file was skipped."""
        data: Any = facts.model_dump(mode="json") if facts else None
        with our_errors():
            await self._pool.execute(
                REMEMBER, tenant_id, seen.sha256, version, seen.skipped, seen.features_hash or None, data, key,
                facts.analyzed_at if facts else None, 1 if facts else 0,
            )  # fmt: skip

    async def written(self, tenant_id: UUID, sha256: str, version: str) -> None:
        """Keep that there is an object of the facts."""
        with our_errors():
            await self._pool.execute(WRITTEN, tenant_id, sha256, version)
