"""``postloom delete``: a post goes for good."""

from enum import StrEnum
from typing import Annotated

import typer


class Reason(StrEnum):
    """Why a post goes, as the event says it."""

    USER = "user"
    ADMIN = "admin"
    TTL = "ttl"


def delete(
    post: Annotated[str, typer.Argument(help="A post id, a workflow id (post:…) or a t.me link.")],
    reason: Annotated[Reason, typer.Option(help="Why, for the event that tells of it.")] = Reason.ADMIN,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete a post everywhere, for good: nothing brings it back."""
    import asyncio

    from cli.delete.work import delete_and_say

    asyncio.run(delete_and_say(post, reason.value, yes=yes))
