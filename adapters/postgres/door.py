"""Who may come in: tenants and channels, as the door of the starter asks for them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from adapters.postgres.errors import our_errors
from contracts.errors import RejectedError
from contracts.post import PostRef

ADD_CHANNEL = """
WITH kept AS (
    INSERT INTO channels AS c (id, tenant_id, tg_channel_id, title, username) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (tenant_id, tg_channel_id) DO UPDATE SET
        title = COALESCE(EXCLUDED.title, c.title), username = COALESCE(EXCLUDED.username, c.username)
    RETURNING id, tg_channel_id
), alias AS (
    INSERT INTO channel_aliases (tenant_id, alias, channel_id) SELECT $2, $1, id FROM kept WHERE id <> $1
    ON CONFLICT (tenant_id, alias) DO NOTHING
)
SELECT id, tg_channel_id FROM kept
"""

FIND_CHANNEL = """
SELECT id, tg_channel_id FROM channels c
WHERE tenant_id = $1 AND id IN ($2, (SELECT channel_id FROM channel_aliases WHERE tenant_id = $1 AND alias = $2))
"""

#: The post with that id, ours or a producer's; a deleted one is known by its tombstone.
FIND_POST = """
SELECT p.tenant_id, p.channel_id, c.tg_channel_id, p.telegram_message_id AS message_id, p.id AS post_id,
    p.trace_id, p.grouped_id
FROM posts p JOIN channels c ON c.id = p.channel_id
WHERE p.id = $1 OR p.id IN (SELECT post_id FROM post_aliases WHERE alias = $1)
UNION ALL
SELECT t.tenant_id, t.channel_id, c.tg_channel_id, t.telegram_message_id, t.post_id, t.trace_id, t.grouped_id
FROM post_tombstones t JOIN channels c ON c.id = t.channel_id WHERE t.known_as @> ARRAY[$1]
LIMIT 2
"""

OWNERS = """
SELECT tenant_id FROM channels WHERE id = $1 UNION SELECT tenant_id FROM channel_aliases WHERE alias = $1 LIMIT 2
"""

TITLE = 500
USERNAME = 255


@dataclass(frozen=True)
class Channel:
    """A tenant's channel."""

    id: UUID
    tg_channel_id: int


@dataclass(frozen=True)
class Tenant:
    """A tenant and its name."""

    id: UUID
    name: str


class Directory:
    """Tenants and their channels."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool

    async def has_tenant(self, tenant_id: UUID) -> bool:
        """Whether there is such a tenant."""
        with our_errors():
            return bool(await self._pool.fetchval("SELECT true FROM tenants WHERE id = $1", tenant_id))

    async def tenants(self) -> list[Tenant]:
        """Return all tenants, by name."""
        with our_errors():
            rows = await self._pool.fetch("SELECT id, name FROM tenants ORDER BY name")
        return [Tenant(row["id"], row["name"]) for row in rows]

    async def add_tenant(self, tenant_id: UUID, name: str) -> bool:
        """Make a tenant; False when there is one of that name."""
        with our_errors():
            done = await self._pool.execute(
                "INSERT INTO tenants (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING", tenant_id, name
            )
        return done == "INSERT 0 1"

    async def channel(self, tenant_id: UUID, channel_id: UUID) -> Channel | None:
        """Return the tenant's channel of that id."""
        with our_errors():
            row = await self._pool.fetchrow(
                FIND_CHANNEL,
                tenant_id,
                channel_id,
            )
        return Channel(row["id"], row["tg_channel_id"]) if row else None

    async def post(self, post_id: UUID) -> PostRef | None:
        """Return the post with that id, ours or a producer's; None when there is none, or several tenants have it."""
        with our_errors():
            rows = await self._pool.fetch(FIND_POST, post_id)
        return PostRef.model_validate(dict(rows[0])) if len(rows) == 1 else None

    async def owners(self, channel_id: UUID) -> list[UUID]:
        """Return the tenants that have a channel of that id, ours or a producer's; two at most."""
        with our_errors():
            rows = await self._pool.fetch(OWNERS, channel_id)
        return [row["tenant_id"] for row in rows]

    async def add_channel(
        self, tenant_id: UUID, channel_id: UUID, tg_channel_id: int, title: str | None, username: str | None
    ) -> Channel:
        """Return the tenant's channel with that Telegram id, made with ``channel_id`` when it is new.

        Raises:
            RejectedError: ``channel_id`` belongs to another channel.
        """
        name = username.removeprefix("@")[:USERNAME] if username else None
        row = (channel_id, tenant_id, tg_channel_id, title[:TITLE] if title else None, name)
        try:
            return await self._kept(row)
        except (
            RejectedError
        ):  # also when somebody added the same channel at this very moment: it is there now
            return await self._kept(row)

    async def _kept(self, row: tuple[Any, ...]) -> Channel:
        with our_errors():
            rows = await self._pool.fetch(ADD_CHANNEL, *row)
        return Channel(rows[0]["id"], rows[0]["tg_channel_id"])
