"""Many posts at once, as campaigns ask for them: by selection, page by page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from adapters.postgres.posts import POST_STATES, state_of
from adapters.postgres.rows import query
from contracts.campaign import Candidate, Cursor, Selection
from contracts.post import PostRef, PostState
from domain.standards import Standards

REFS = """
SELECT p.id AS post_id, p.tenant_id, p.channel_id, c.tg_channel_id, p.telegram_message_id AS message_id,
    p.trace_id, p.grouped_id
FROM posts p JOIN channels c ON c.id = p.channel_id
WHERE p.tenant_id = $1 AND p.id = ANY ($2)
ORDER BY p.channel_id, p.telegram_message_id
"""

#: Before every post.
BEGINNING: Final = Cursor(channel_id=UUID(int=0), message_id=0)


class CampaignPosts:
    """The posts of a tenant, for campaigns. Reads only."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def page(
        self, selection: Selection, until: datetime, after: Cursor | None, limit: int
    ) -> tuple[Candidate, ...]:
        """Return the next posts of a selection that were saved before ``until``; stale or not is not asked here."""
        place = after or BEGINNING
        values = (
            selection.tenant_id, until, selection.channel_id, selection.tag, selection.since,
            selection.kind == "unfinished", selection.failed_only, place.channel_id, place.message_id, limit,
        )  # fmt: skip
        with our_errors():
            rows = await self._pool.fetch(query("campaign_page"), *values)
        return tuple(Candidate.model_validate(dict(row)) for row in rows)

    async def refs(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> dict[UUID, PostRef]:
        """Return who these posts are; those that are gone are left out."""
        if not post_ids:
            return {}
        with our_errors():
            rows = await self._pool.fetch(REFS, tenant_id, list(post_ids))
        return {row["post_id"]: PostRef.model_validate(dict(row)) for row in rows}

    async def states(
        self, tenant_id: UUID, post_ids: Sequence[UUID], standards: Standards
    ) -> dict[UUID, PostState]:
        """Return what decides which stages of these posts are stale, as the workflow of each would read it."""
        if not post_ids:
            return {}
        with our_errors():
            rows = await self._pool.fetch(POST_STATES, tenant_id, list(post_ids))
        return {row["post_id"]: state_of(dict(row), standards) for row in rows}
