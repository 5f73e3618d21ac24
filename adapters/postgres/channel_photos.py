"""The pictures that channels got as their own: which wait to be handed over, and what is known of one."""

from dataclasses import dataclass
from typing import Any, Final

import asyncpg

from adapters.postgres.errors import our_errors
from adapters.postgres.posts import surroundings_of
from contracts.channel_photo import ChannelPhotoInput, ChannelPhotoMaterial, ChannelPhotoRef
from contracts.errors import RejectedError
from contracts.material import Picture
from contracts.post import MediaRef
from contracts.vision import Look
from domain.standards import Standards
from domain.views import view

WAITING: Final = """
SELECT p.id AS photo_id, p.tenant_id, p.channel_id, c.tg_channel_id, p.telegram_message_id AS message_id,
    p.trace_id, p.posted_at, p.file_sha256, c.title AS channel_title
FROM channel_photos p JOIN channels c ON c.id = p.channel_id
WHERE p.handed_over_at IS NULL ORDER BY p.posted_at, p.id LIMIT $1
"""

HANDED_OVER: Final = "UPDATE channel_photos SET handed_over_at = now() WHERE id = $1 AND file_sha256 = $2"

MATERIAL: Final = """
SELECT p.tenant_id, c.tg_channel_id, c.username, c.title, p.file_sha256 AS sha256, o.s3_key AS object_key, o.mime,
    o.size_bytes, o.missing,
    (
        SELECT COALESCE(jsonb_object_agg(v.vision_version, jsonb_build_object(
            'features_hash', COALESCE(v.features_hash, ''), 'skipped', v.skipped, 'facts', v.data)), '{}')
        FROM media_vision v
        WHERE v.tenant_id = p.tenant_id AND v.file_sha256 = p.file_sha256 AND v.vision_version = ANY ($3)
            AND (v.features_hash IS NOT NULL OR v.skipped IS NOT NULL)
    ) AS looks
FROM channel_photos p
JOIN channels c ON c.id = p.channel_id
JOIN media_objects o ON o.tenant_id = p.tenant_id AND o.file_sha256 = p.file_sha256
WHERE p.id = $1 AND p.tenant_id = $2
"""

RECORDED: Final = """
UPDATE channel_photos SET recorded_at = now() WHERE id = $1 AND tenant_id = $2 AND file_sha256 = $3
"""


@dataclass(frozen=True)
class WaitingPhoto:
    """A channel picture that no workflow has yet, with the file that it has now."""

    photo: ChannelPhotoInput
    sha256: str


class ChannelPhotoArchive:
    """The channel pictures of all tenants; what is asked of one names its tenant through its reference."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def waiting(self, limit: int) -> list[WaitingPhoto]:
        """Return up to ``limit`` pictures that were not handed over yet, oldest first."""
        with our_errors():
            rows = [dict(row) for row in await self._pool.fetch(WAITING, limit)]
        return [photo_of(row) for row in rows]

    async def handed_over(self, waiting: WaitingPhoto) -> None:
        """Remember that a workflow has it; not when its file was replaced meanwhile: then it waits once more."""
        with our_errors():
            await self._pool.execute(HANDED_OVER, waiting.photo.ref.photo_id, waiting.sha256)

    async def material(self, ref: ChannelPhotoRef, standards: Standards) -> ChannelPhotoMaterial:
        """Return the picture, what is done with it by today's standards, and what was seen in it.

        Raises:
            RejectedError: there is no such picture.
        """
        with our_errors():
            looks = [standards.common.vision, standards.ocr]
            row = await self._pool.fetchrow(MATERIAL, ref.photo_id, ref.tenant_id, looks)
        if row is None:
            raise RejectedError(f"no picture of channel {ref.tg_channel_id} with message {ref.message_id}")
        picture = _picture(dict(row), standards)
        return ChannelPhotoMaterial(ref=ref, channel_title=row["title"], picture=picture)

    async def recorded(self, ref: ChannelPhotoRef, sha256: str) -> None:
        """Say that it was looked at and recorded; not when its file was replaced meanwhile."""
        with our_errors():
            await self._pool.execute(RECORDED, ref.photo_id, ref.tenant_id, sha256)


def photo_of(row: dict[str, Any]) -> WaitingPhoto:
    """Return a row with the columns of WAITING as a picture with its file."""
    return WaitingPhoto(_input(row), row["file_sha256"])


def _picture(row: dict[str, Any], standards: Standards) -> Picture:
    [media] = standards.treated(surroundings_of(row), [MediaRef.model_validate(row)])
    looks = {version: Look.model_validate(look) for version, look in row["looks"].items()}
    known = view(media, looks, standards.common.vision, standards.fallback)
    return known.picture if known else Picture(media=media)


def _input(row: dict[str, Any]) -> ChannelPhotoInput:
    return ChannelPhotoInput(
        ref=ChannelPhotoRef.model_validate(row),
        channel_title=row["channel_title"],
        posted_at=row["posted_at"],
    )
