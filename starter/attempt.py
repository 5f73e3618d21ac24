"""One entry's attempt: Temporal accepts it, or it can never be, or it is left for later."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog
from temporalio.service import RPCError, RPCStatusCode

from adapters.redis_streams.reader import Entry
from contracts.errors import UnavailableError
from starter.parsing import NotYetError, RefusedEntryError
from workflows.telling import RaceError

log = structlog.get_logger(__name__)

Handler = Callable[[Entry], Awaitable[None]]

#: What says that the same entry may be accepted later.
LATER: Final = (NotYetError, RaceError, UnavailableError, RPCError)


@dataclass(frozen=True)
class Refusal:
    """Why an entry can never be accepted as it is: a sentence, and a code to sort it by."""

    sentence: str
    code: str


async def attempt(handle: Handler, entry: Entry) -> Refusal | None:
    """Hand an entry over; return why it is refused, None once Temporal has accepted it.

    Raises:
        NotYetError, RaceError, UnavailableError, RPCError: it may be accepted later (``LATER``).
    """
    try:
        await handle(entry)
    except RefusedEntryError as refused:
        return Refusal(str(refused), refused.code)
    except RPCError as error:
        if error.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise
        return Refusal(f"Temporal refuses it: {error.message}", "refused_by_engine")
    except (ValueError, TypeError, RecursionError) as error:  # one entry never stops the others
        log.exception("entry cannot be handled", stream=entry.stream, entry=entry.id)
        return Refusal(f"cannot be handled: {type(error).__name__}", "cannot_be_handled")
    return None
