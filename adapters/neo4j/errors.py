"""Neo4j's errors in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from neo4j.exceptions import ClientError, DriverError, Neo4jError

from contracts.errors import PipelineError, RejectedError, UnavailableError

#: What the server says of the input itself. Anything else is about the server, and may be otherwise later.
_OF_THE_INPUT: Final = ("Neo.ClientError.Statement.", "Neo.ClientError.Schema.")
#: … but for a node that another transaction removed meanwhile.
_GONE: Final = "Neo.ClientError.Statement.EntityNotFound"
_ACCESS: Final = "check POSTLOOM_NEO4J__USER and POSTLOOM_NEO4J__PASSWORD, and what that user may do"
_REFUSED: Final = "Neo.ClientError.Security."
_NO_DATABASE: Final = "Neo.ClientError.Database.DatabaseNotFound"


@contextmanager
def our_errors() -> Iterator[None]:
    """Say it in our words.

    Raises:
        RejectedError: a text or a number that cannot be stored.
        UnavailableError: the server did not answer, refuses us, or could not do it now.
    """
    try:
        yield
    except Neo4jError as error:
        raise _said(error) from error
    except (DriverError, OSError) as error:
        raise UnavailableError(f"neo4j: {error or type(error).__name__}") from error
    except (ValueError, TypeError, OverflowError) as error:
        raise RejectedError(f"neo4j: {error}") from error


def _said(error: Neo4jError) -> PipelineError:
    code = error.code or ""
    if code.startswith(_REFUSED):
        return UnavailableError(f"neo4j refuses us ({code}): {_ACCESS}")
    if code == _NO_DATABASE:
        return UnavailableError(f"neo4j: {error.message}: check POSTLOOM_NEO4J__DATABASE")
    is_input = isinstance(error, ClientError) and code.startswith(_OF_THE_INPUT) and code != _GONE
    return (RejectedError if is_input else UnavailableError)(f"neo4j: {code}: {error.message}")
