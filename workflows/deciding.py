"""Telling what waits for somebody what was decided: by update, which answers, or by signal, which is stored."""

from datetime import timedelta

from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from contracts.errors import RejectedError, UnavailableError
from contracts.post import Decision

#: Posts, albums and channel pictures have the same word for it, as signal and as update.
RESOLVE = "resolve"


class ClosedError(RejectedError):
    """The workflow is not open: it has ended, or never was."""


class NobodyAnswersError(UnavailableError):
    """No worker answered, or its answer was lost; the question may still be answered later, or be lost."""


async def decide(client: Client, workflow_id: str, decision: Decision, patience: timedelta) -> str:
    """Decide about what waits, by update; return its answer.

    Raises:
        RejectedError: the decision is refused, in a sentence; ClosedError: the workflow is not open.
        NobodyAnswersError: no worker answered within ``patience``, or the workflow did something else just then and its
            answer was thrown away with that.
        UnavailableError: the engine does not answer.
    """
    handle = client.get_workflow_handle(workflow_id)
    try:
        return str(await handle.execute_update(RESOLVE, decision, rpc_timeout=patience))
    except WorkflowUpdateFailedError as error:
        raise RejectedError(_sentence(error)) from error
    except WorkflowUpdateRPCTimeoutOrCancelledError as error:
        raise NobodyAnswersError("no worker answers") from error
    except RPCError as error:
        if error.status is RPCStatusCode.FAILED_PRECONDITION:
            raise NobodyAnswersError("the workflow was at something else") from error
        raise _ours(error, workflow_id) from error


async def tell(client: Client, workflow_id: str, decision: Decision) -> None:
    """Tell what waits by signal: the engine keeps it until a worker reads it.

    Raises:
        ClosedError: the workflow is not open.
        UnavailableError: the engine does not answer.
    """
    try:
        await client.get_workflow_handle(workflow_id).signal(RESOLVE, decision)
    except RPCError as error:
        raise _ours(error, workflow_id) from error


def _sentence(error: WorkflowUpdateFailedError) -> str:
    cause = error.cause
    return cause.message if isinstance(cause, ApplicationError) else str(cause)


def _ours(error: RPCError, workflow_id: str) -> ClosedError | UnavailableError:
    if error.status is RPCStatusCode.NOT_FOUND:
        return ClosedError(f"{workflow_id} is not open")
    return UnavailableError(f"Temporal does not answer: {error.message}")
