"""Who is meant: posts, albums and channel pictures by what an operator calls them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from adapters.postgres.rows import query
from contracts.album import AlbumRef
from contracts.channel_photo import ChannelPhotoRef
from contracts.identity import post_id, trace_id
from contracts.post import PostRef

PLACES: Final = """
SELECT tenant_id, channel_id, telegram_message_id FROM posts
WHERE id = $1 OR id IN (SELECT post_id FROM post_aliases WHERE alias = $1)
UNION SELECT tenant_id, channel_id, telegram_message_id FROM post_tombstones WHERE known_as @> ARRAY[$1]
"""

BY_PLACE: Final = "SELECT tg_channel_id::text FROM channels WHERE id = $1"

ALBUM: Final = """
SELECT c.tenant_id, c.id AS channel_id, c.tg_channel_id, g.grouped_id
FROM media_groups g JOIN channels c ON c.id = g.channel_id
WHERE c.tenant_id = $1 AND c.tg_channel_id = $2 AND g.grouped_id = $3
"""

CHANNEL_PHOTO: Final = """
SELECT c.tenant_id, c.id AS channel_id, c.tg_channel_id, f.telegram_message_id AS message_id, f.id AS photo_id,
    f.trace_id
FROM channel_photos f JOIN channels c ON c.id = f.channel_id
WHERE c.tenant_id = $1 AND c.tg_channel_id = $2 AND f.telegram_message_id = $3
"""

CHANNELS: Final = """
SELECT DISTINCT tg_channel_id FROM channels WHERE ($2::uuid IS NULL OR tenant_id = $2)
    AND (id::text = $1 OR tg_channel_id::text = $1 OR lower(username) = lower(ltrim($1, '@')) OR title = $1)
ORDER BY 1
"""

Kind = Literal["archived", "deleted", "early_edit", "unknown"]


@dataclass(frozen=True)
class Known:
    """A message of a channel, and what there is of it: the post, a tombstone, an edit that came first, or nothing.

    ``deletion`` is the reason of a deletion that has begun and is not done: something is left, or it was not told.
    """

    ref: PostRef
    kind: Kind
    deletion: str | None = None


class Finder:
    """Finds by names; every tenant's unless one is named."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def by_id(self, id: UUID) -> list[Known]:
        """Return the posts with that id, ours or a producer's; a deleted one is known by its tombstone."""
        known: list[Known] = []
        for place in await self._rows(PLACES, id):
            [channel] = await self._rows(BY_PLACE, place["channel_id"])
            message, tenant = place["telegram_message_id"], place["tenant_id"]
            known += await self.by_message(channel["tg_channel_id"], message, tenant)
        return known

    async def by_message(self, channel: str, message_id: int, tenant_id: UUID | None = None) -> list[Known]:
        """Return that message of each channel of that name, a Telegram id or a username; one for each tenant."""
        rows = await self._rows(query("find_posts"), channel, message_id, tenant_id)
        return [Known(_post(row), row["kind"], row["deletion"]) for row in rows]

    async def album(self, tenant_id: UUID, tg_channel_id: int, grouped_id: int) -> AlbumRef | None:
        """Return the album, None when it is not in the archive."""
        rows = await self._rows(ALBUM, tenant_id, tg_channel_id, grouped_id)
        return AlbumRef(**rows[0], trace_id=_album_trace(rows[0])) if rows else None

    async def channel_photo(
        self, tenant_id: UUID, tg_channel_id: int, message_id: int
    ) -> ChannelPhotoRef | None:
        """Return the channel picture, None when it is not in the archive."""
        rows = await self._rows(CHANNEL_PHOTO, tenant_id, tg_channel_id, message_id)
        return ChannelPhotoRef(**rows[0]) if rows else None

    async def channels(self, wanted: str, tenant_id: UUID | None = None) -> Sequence[int]:
        """Return the Telegram ids of the channels with that id, Telegram id, username or title."""
        return [row["tg_channel_id"] for row in await self._rows(CHANNELS, wanted, tenant_id)]

    async def _rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        with our_errors():
            return [dict(row) for row in await self._pool.fetch(statement, *values)]


def _post(row: dict[str, Any]) -> PostRef:
    """What the archive does not know of a post follows from its channel and message."""
    tenant, channel, message = row["tenant_id"], row["tg_channel_id"], row["message_id"]
    own = {
        "post_id": row["post_id"] or post_id(tenant, channel, message),
        "trace_id": row["trace_id"] or trace_id(f"{tenant}:{row['channel_id']}:{message}"),
    }
    return PostRef.model_validate({**row, **own})


def _album_trace(row: dict[str, Any]) -> str:
    return trace_id(f"{row['tenant_id']}:{row['channel_id']}:{row['grouped_id']}")
