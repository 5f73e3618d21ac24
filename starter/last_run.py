"""What a workflow's last run was given: its input, and what signals brought it, as long as the engine keeps it."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from pydantic import TypeAdapter
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.service import RPCError, RPCStatusCode

from contracts.album import AlbumInput
from contracts.changes import Version
from contracts.events import AlbumParsed
from contracts.post import Deletion, PostInput, Retag

#: The input of a run stands among what it was told under no name of a signal.
_INPUT: Final = ""

_VERSION: Final[TypeAdapter[Version]] = TypeAdapter(Version)


async def last_run(client: Client, workflow_id: str) -> WorkflowExecutionDescription | None:
    """Return the latest run, None when the engine knows of none.

    Raises:
        RPCError: the engine does not answer.
    """
    try:
        return await client.get_workflow_handle(workflow_id).describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise


async def given_to_post(client: Client, run: WorkflowExecutionDescription) -> list[PostInput]:
    """Return what to begin with so that nothing is lost that the run was told, in order; saving merges.

    A wish that the post be deleted is all that counts. Tags that were made already are not made again.
    """
    told = [one async for one in _told(client, run)]
    inputs = [PostInput.model_validate(value) for name, value in told if name == _INPUT]
    if not inputs:
        return []
    [first] = inputs
    deletions = [Deletion.model_validate(value) for name, value in told if name == "deleted"]
    retags = (Retag.model_validate(value) for name, value in told if name == "retag")
    versions = (_VERSION.validate_python(value) for name, value in told if name == "edited")
    given = {
        "deletion": next(iter(deletions), first.deletion),
        "retags": (*first.retags, *retags),
        "versions": (*first.versions, *versions),
    }
    return in_order(first.model_copy(update=given))


def in_order(given: PostInput) -> list[PostInput]:
    """Return what a post was given as what it can be told one after the other, whether it runs or has ended.

    What was left out of an earlier run is tried again, and the wait begins anew.
    """
    if given.deletion:
        return [PostInput(ref=given.ref, deletion=given.deletion)]
    first, *later = (*((given.event,) if given.event else ()), *given.versions) or (None,)
    anew = {"event": first, "versions": (), "skipped": (), "parked_until": None, "parked_since": None}
    again = given.model_copy(update=anew)
    return [again, *(PostInput(ref=given.ref, event=version) for version in later)]


async def given_to_album(client: Client, run: WorkflowExecutionDescription) -> list[AlbumInput]:
    """Return what to begin with so that no announcement is lost that the run was told of, in order."""
    told = [one async for one in _told(client, run)]
    inputs = [AlbumInput.model_validate(value) for name, value in told if name == _INPUT]
    grown = [AlbumParsed.model_validate(value) for name, value in told if name == "grown"]
    events = [event for one in inputs for event in (one.event, *one.events, *grown) if event]
    anew = {"events": (), "parked_until": None, "parked_since": None}
    return [inputs[0].model_copy(update={**anew, "event": event}) for event in events]


async def _told(client: Client, run: WorkflowExecutionDescription) -> AsyncIterator[tuple[str, Any]]:
    """What the run was told, each with the name of its signal."""
    handle = client.get_workflow_handle(run.id, run_id=run.run_id)
    async for event in handle.fetch_history_events():
        start = event.workflow_execution_started_event_attributes.input.payloads
        signal = event.workflow_execution_signaled_event_attributes
        for name, payloads in ((_INPUT, start), (signal.signal_name, signal.input.payloads)):
            for value in await _decoded(client, payloads):
                yield name, value


async def _decoded(client: Client, payloads: Sequence[Payload]) -> list[Any]:
    return await client.data_converter.decode(payloads) if payloads else []
