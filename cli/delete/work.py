"""Sending a deletion, and waiting a little for it."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any, Final

from temporalio.service import RPCError

from adapters.postgres.explaining import Records
from adapters.postgres.finding import Known
from cli.screen import Screen
from cli.tools import Tools, confirm, post_meant, tools
from contracts.errors import UnavailableError
from contracts.post import Deletion, PostInput
from workflows.starting import start_post
from workflows.telling import RaceError

#: Seconds that the deletion is waited for; it goes on without us.
PATIENCE: Final = 10.0
_LOOK: Final = 0.2


async def delete_and_say(words: str, reason: str, *, yes: bool) -> None:
    """Say what goes, ask, send the deletion, and say what came of it.

    Raises:
        CommandError: there is no such post, or nobody confirmed it.
        UnavailableError: the engine or the archive does not answer.
    """
    screen = Screen()
    async with tools() as hand:
        post = await post_meant(hand.finder, words)
        if post.kind == "deleted" and not post.deletion:
            screen.line(f"{words} is deleted already: `{hand.call} explain {words}` shows its tombstone")
            return
        for line in going(await Records(hand.pool).weight(post.ref.post_id), post):
            screen.line(line)
        confirm("Delete it everywhere? Nothing brings it back.", yes=yes)
        await _send(hand, post, reason)
        screen.line(await _outcome(hand, post, words))


def going(weight: dict[str, Any], post: Known) -> list[str]:
    """Return in lines what the deletion takes with it."""
    if post.kind != "archived":
        return [f"{post.ref.workflow_id} has not arrived; once deleted, it is turned away when it does"]
    named = {
        "characters": "characters of text",
        "files": "files that only it has",
        "stages": "records of stages",
        "events": "events in the outbox",
    }
    parts = [f"{weight[name]} {words}" for name, words in named.items() if weight[name]]
    return [
        f"{weight['channel'] or 'channel'} #{post.ref.message_id}: {' '.join(weight['text'].split())[:60]}",
        f"  goes: {', '.join(parts)}, its point, its node, the pages that only it links to",
    ]


async def _send(hand: Tools, post: Known, reason: str) -> None:
    wish = PostInput(ref=post.ref, deletion=Deletion(reason=reason, deleted_at=datetime.now(UTC)))
    try:
        await start_post(hand.client, wish)
    except (RPCError, RaceError) as error:
        raise UnavailableError(f"Temporal does not take the deletion: {error}; do it again") from error


async def _outcome(hand: Tools, post: Known, words: str) -> str:
    """Wait until the tombstone says that everything is gone; what takes longer goes on without us."""
    records, end = Records(hand.pool), time.monotonic() + PATIENCE
    while time.monotonic() < end:
        stone = await records.tombstone(post.ref.channel_id, post.ref.message_id)
        if stone and stone["erased_at"]:
            went = ", ".join(f"{count} {name}" for name, count in stone["counts"].items())
            return f"{words}: deleted ({went})"
        await asyncio.sleep(_LOOK)
    return f"{words}: under way, Temporal has it; `{hand.call} explain {words}` says when it is gone"
