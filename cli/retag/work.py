"""Tagging one post once more, whether its workflow is open or has ended."""

from typing import Any
from uuid import uuid4

import asyncpg
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from adapters.postgres.door import Directory
from adapters.postgres.finding import Finder
from cli.errors import CommandError
from cli.hints import command
from cli.running import archive, engine
from cli.screen import Screen, show_json
from cli.subjects import Album, ChannelPicture, PostById, PostByMessage, subject_of
from cli.tools import posts_called
from contracts.errors import RejectedError, UnavailableError
from contracts.post import PostRef, Retag
from runtime.settings import load_settings
from workers.searching import chosen
from workflows.campaigning import retag_post


async def retag_one(words: str, tenant: str | None, *, as_json: bool) -> None:
    """Have the post tagged once more; say what was done.

    Raises:
        CommandError: the words name no post, none that is in the archive, or one of several tenants.
    """
    settings, subject = load_settings(), subject_of(words)
    if isinstance(subject, Album):
        raise CommandError("an album has no tags of its own: name the post with its caption", 2)
    if isinstance(subject, ChannelPicture):
        raise CommandError("a channel's own picture has no tags: name a post", 2)
    async with archive(settings) as pool:
        ref = _only(words, await _refs(pool, subject, tenant))
    done = await _retagged(await engine(settings), ref)
    if as_json:
        show_json(done)
        return
    how = "a new run of its workflow began" if done["began"] else "its open workflow was told"
    Screen().line(f"post {ref.message_id} of channel {ref.tg_channel_id} is tagged once more: {how}")
    Screen().line(f"  {command(settings.data_dir)} explain {ref.post_id} shows what came of it", style="dim")


async def _refs(pool: asyncpg.Pool, subject: PostById | PostByMessage, tenant: str | None) -> list[PostRef]:
    tenants = await Directory(pool).tenants()
    try:
        asked = {chosen(tenants, tenant).id} if tenant else {one.id for one in tenants}
    except RejectedError as error:
        raise CommandError(str(error), 2) from error
    found = await posts_called(Finder(pool), subject)
    return [known.ref for known in found if known.kind == "archived" and known.ref.tenant_id in asked]


def _only(words: str, refs: list[PostRef]) -> PostRef:
    if not refs:
        raise CommandError(f"{words} is not in the archive; `postloom status` shows what is")
    if len({ref.tenant_id for ref in refs}) > 1:
        raise CommandError(f"several tenants have {words}: name one with --tenant", 2)
    return refs[0]


async def _retagged(client: Client, ref: PostRef) -> dict[str, Any]:
    event_id = uuid4().hex
    try:
        before = await _run_id(client, ref)
        run_id = await retag_post(client, ref, Retag(event_id=event_id))
    except RPCError as error:
        raise UnavailableError(f"Temporal does not answer: {error.message}") from error
    return {
        "post_id": str(ref.post_id), "workflow_id": ref.workflow_id, "run_id": run_id, "event_id": event_id,
        "began": run_id != before,
    }  # fmt: skip


async def _run_id(client: Client, ref: PostRef) -> str | None:
    """Return the post's latest run, None when the engine knows none."""
    try:
        return (await client.get_workflow_handle(ref.workflow_id).describe()).run_id
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
