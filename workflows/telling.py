"""Starting what may run already: it is told instead, however often it closes in between."""

from collections.abc import Awaitable, Callable
from typing import Final

from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

_CLOSED_MEANWHILE: Final = 5


class RaceError(Exception):
    """The workflow closed and opened between start and signal again and again; try later."""


async def start_or_tell(
    start: Callable[[], Awaitable[None]], tell: Callable[[], Awaitable[None]] | None, id: str
) -> bool:
    """Start a workflow, or tell its running one; return whether a new run began.

    Raises:
        RaceError: the workflow closed and opened again and again meanwhile.
    """
    for _ in range(_CLOSED_MEANWHILE):
        try:
            await start()
        except WorkflowAlreadyStartedError:
            if tell is None or await _told(tell):
                return False
        else:
            return True
    raise RaceError(id)


async def _told(tell: Callable[[], Awaitable[None]]) -> bool:
    """Whether the workflow was still open to be told."""
    try:
        await tell()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True
