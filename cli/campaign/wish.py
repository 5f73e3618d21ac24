"""What a campaign is asked for in words, and which posts that means."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import asyncpg

from adapters.postgres.door import Directory
from adapters.postgres.reporting import Reports
from cli.errors import CommandError
from contracts.campaign import Selection
from contracts.errors import RejectedError
from workers.searching import chosen

_WHAT: Final = {
    "retag": "tag again the posts of",
    "stale": "bring up to date the stale posts of",
    "unfinished": "go on with the unfinished posts of",
}


@dataclass(frozen=True)
class Wish:
    """Which posts, as a user says it."""

    tenant: str
    kind: str = "retag"
    channel: str | None = None
    tag: str | None = None
    since: datetime | None = None
    failed_only: bool = False


async def selected(wish: Wish, pool: asyncpg.Pool) -> tuple[Selection, str]:
    """Return the selection that is meant, and what it is called.

    Raises:
        CommandError: there is no such tenant or channel.
    """
    try:
        tenant = chosen(await Directory(pool).tenants(), wish.tenant)
    except RejectedError as error:
        raise CommandError(str(error), 2) from error
    channel = await Reports(pool).channel_id(tenant.id, wish.channel) if wish.channel else None
    if wish.channel and channel is None:
        raise CommandError(f"{tenant.name} has no channel {wish.channel}", 2)
    tag = (wish.tag or "").strip().removeprefix("#").lower() or None
    selection = Selection.model_validate(
        {
            "tenant_id": tenant.id,
            "channel_id": channel,
            "tag": tag,
            "since": wish.since,
            "kind": wish.kind,
            "failed_only": wish.failed_only,
        }
    )
    return selection, _title(wish, tenant.name, tag)


def _title(wish: Wish, tenant: str, tag: str | None) -> str:
    parts = [
        f"{_WHAT[wish.kind]} {tenant}",
        f"channel {wish.channel}" if wish.channel else None,
        f"with the tag #{tag}" if tag else None,
        f"since {wish.since:%Y-%m-%d}" if wish.since else None,
        "only those that failed" if wish.failed_only else None,
    ]
    return ", ".join(part for part in parts if part)


def moment(day: str | None) -> datetime | None:
    """Return the beginning of a day, or a moment; in UTC when no zone is named.

    Raises:
        CommandError: it is neither.
    """
    if day is None:
        return None
    try:
        read = datetime.fromisoformat(day)
    except ValueError as error:
        raise CommandError("--since: write a day as 2026-03-01", 2) from error
    return read if read.tzinfo else read.replace(tzinfo=UTC)
