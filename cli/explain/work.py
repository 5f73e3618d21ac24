"""Finding what is recorded of a post or an album, and what its workflow says of itself."""

import asyncio
from typing import Any, Final

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from adapters.postgres.explaining import Records
from cli.errors import CommandError
from cli.explain.screen import show_album, show_post
from cli.running import archive, engine
from cli.screen import Screen, show_json
from cli.subjects import Album, PostById, PostByMessage, Subject, subject_of
from contracts.errors import UnavailableError
from contracts.identity import album_workflow_id, post_workflow_id
from runtime.settings import Settings, load_settings

Facts = dict[str, Any]
#: Seconds that a running workflow may take to say where it is.
PATIENCE: Final = 5.0
#: Why a workflow is not known whose post or album nobody has taken up.
WAITING: Final = "waiting its turn: not started yet"


async def explain_and_show(words: str, *, as_json: bool) -> None:
    """Show everything recorded of what ``words`` name.

    Raises:
        CommandError: they name nothing, or nothing that is in the archive.
    """
    subject, settings = subject_of(words), load_settings()
    async with archive(settings) as pool:
        found = await _found(Records(pool), subject)
    if not found:
        raise CommandError(f"{words} is not in the archive; `postloom status` shows what is")
    client = await _client(settings)
    for facts in found:
        facts["workflow"] = await _workflow(client, _workflow_id(facts), begun=_begun(facts))
    if as_json:
        show_json(found)
        return
    for facts in found:
        (show_post if "post" in facts else show_album)(facts, Screen())


async def _found(records: Records, subject: Subject) -> list[Facts]:
    match subject:
        case Album(tenant_id, tg_channel_id, grouped_id):
            album = await records.album(tenant_id, tg_channel_id, grouped_id)
            return [album] if album else []
        case PostById(post_id):
            ids = await records.by_id(post_id)
        case PostByMessage(channel, message_id, tenant_id):
            ids = await records.by_message(channel, message_id, tenant_id)
    return [await records.post(id) for id in ids]


def _workflow_id(facts: Facts) -> str:
    if "post" in facts:
        post = facts["post"]
        return post_workflow_id(post["tenant_id"], post["tg_channel_id"], post["message_id"])
    album = facts["album"]
    return album_workflow_id(album["tenant_id"], album["tg_channel_id"], album["grouped_id"])


async def _client(settings: Settings) -> Client | None:
    try:
        return await engine(settings)
    except (UnavailableError, CommandError):
        return None


def _begun(facts: Facts) -> bool:
    """Whether a workflow has ended a stage of it already."""
    return bool(facts["stages"]) if "post" in facts else bool(facts["album"]["assembled"])


async def _workflow(client: Client | None, workflow_id: str, *, begun: bool) -> Facts:
    """Return what the engine knows of the latest run; it forgets runs after their retention, the archive does not."""
    if client is None:
        return {"id": workflow_id, "known": False, "why": "the workflow engine does not answer"}
    try:
        run = await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        return {"id": workflow_id, "known": False, "why": why_unknown(error, begun=begun)}
    facts = {"id": workflow_id, "known": True, **_run(run)}
    if run.status is WorkflowExecutionStatus.RUNNING:
        facts["says"] = await _says(client, workflow_id)
    return facts


def why_unknown(error: RPCError, *, begun: bool) -> str:
    """Return in words why the engine tells nothing; ``begun`` says whether the records know of a stage."""
    if error.status is not RPCStatusCode.NOT_FOUND:
        return f"the workflow engine cannot tell: {error.message}"
    return "the engine has forgotten it; these are the records" if begun else WAITING


def _run(run: WorkflowExecutionDescription) -> Facts:
    return {
        "run_id": run.run_id,
        "status": run.status.name.lower() if run.status else None,
        "started": run.start_time,
        "closed": run.close_time,
        "history_events": run.history_length,
        "attributes": _attributes(run),
    }


def _attributes(run: WorkflowExecutionDescription) -> Facts:
    pairs = run.typed_search_attributes
    return {pair.key.name: pair.value for pair in pairs if pair.key.name.startswith("Tg")}


async def _says(client: Client, workflow_id: str) -> Any:
    try:
        async with asyncio.timeout(PATIENCE):
            return await client.get_workflow_handle(workflow_id).query("status")
    except (RPCError, TimeoutError):
        return None
