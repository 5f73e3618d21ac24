"""What the engine knows of a workflow: its latest run, what it says of itself, what was tried again."""

from typing import Any, Final

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from cli.explain.history import pending, retries
from contracts.errors import UnavailableError
from workflows.answering import asked

Facts = dict[str, Any]
#: Seconds that a running workflow may take to say where it is.
PATIENCE: Final = 5.0
#: Why a workflow is not known whose post or album nobody has taken up.
WAITING: Final = "waiting its turn: not started yet"
FORGOTTEN: Final = "the engine has forgotten it; these are the records"


async def told_by_engine(client: Client | None, workflow_id: str, *, begun: bool) -> Facts:
    """Return what the engine knows of the latest run; it forgets runs after their retention, the archive does not.

    ``begun`` says whether the records know of a stage that ended.
    """
    if client is None:
        return {"id": workflow_id, "known": False, "why": "the workflow engine does not answer"}
    try:
        run = await client.get_workflow_handle(workflow_id).describe()
        tried = await _tried(client, run)
    except RPCError as error:
        return {"id": workflow_id, "known": False, "why": why_unknown(error, begun=begun)}
    facts = {"id": workflow_id, "known": True, **_run(run), **tried}
    if run.status is WorkflowExecutionStatus.RUNNING:
        facts["says"] = await _says(client, workflow_id)
    return facts


def why_unknown(error: RPCError, *, begun: bool) -> str:
    """Return in words why the engine tells nothing."""
    if error.status is not RPCStatusCode.NOT_FOUND:
        return f"the workflow engine cannot tell: {error.message}"
    return FORGOTTEN if begun else WAITING


async def _tried(client: Client, run: WorkflowExecutionDescription) -> Facts:
    handle = client.get_workflow_handle(run.id, run_id=run.run_id)
    events = [event async for event in handle.fetch_history_events()]
    now = pending(run.raw_description.pending_activities)
    under_way = {one["activity"] for one in now}
    earlier = [r for r in retries(events) if r["ended"] != "under way" or r["activity"] not in under_way]
    return {"retries": earlier, "pending": now, "failure": _failure(events)}


def _failure(events: list[Any]) -> str | None:
    """Return why the run failed, None when it did not."""
    last = events[-1] if events else None
    if last is None or last.WhichOneof("attributes") != "workflow_execution_failed_event_attributes":
        return None
    return str(last.workflow_execution_failed_event_attributes.failure.message)


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
        return await asked(client.get_workflow_handle(workflow_id).query("status"), PATIENCE)
    except UnavailableError:
        return None
