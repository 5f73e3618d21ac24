"""``postloom stuck``: what waits, for a human or till later."""

from enum import StrEnum
from typing import Annotated

import typer


class By(StrEnum):
    """What the list may be counted by."""

    REASON = "reason"
    CHANNEL = "channel"
    TENANT = "tenant"


def stuck(
    by: Annotated[By | None, typer.Option("--by", help="Count them, with a command for each group.")] = None,
    tenant: Annotated[str | None, typer.Option(help="A name or an id; without it, everybody's.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many are shown.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """List what waits for you, then what goes on by itself: why, since when, and the command that lets it go on."""
    import asyncio

    from cli.stuck.work import show_stuck

    asyncio.run(show_stuck(by.value if by else None, tenant, limit, as_json=as_json))
