"""asyncpg's errors in our words, at one place."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg

from contracts.errors import RejectedError, UnavailableError

#: What passes by itself: no connection, no room, no disk, a conflict, a server that starts or stops or only reads.
#: A connection that is cut in the middle of something leaves the driver at odds with itself: an internal error.
_OUTAGES: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.TransactionRollbackError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.PostgresSystemError,
    asyncpg.LockNotAvailableError,
)


@contextmanager
def our_errors() -> Iterator[None]:
    """Say it in our words, so that callers need not know asyncpg. A mistake in our own SQL stays what it is.

    Raises:
        RejectedError: the data can never be stored as it is.
        UnavailableError: the database did not answer, or was busy with a conflicting transaction.
    """
    try:
        yield
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        raise RejectedError(f"postgres: {error}") from error
    except (*_OUTAGES, OSError, TimeoutError) as error:
        raise UnavailableError(f"postgres: {type(error).__name__}: {error}") from error
