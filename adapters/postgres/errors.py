"""asyncpg's errors in our words, at one place."""

from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg

from contracts.errors import RejectedError, UnavailableError


@contextmanager
def our_errors() -> Iterator[None]:
    """Say it in our words, so that callers need not know asyncpg.

    Raises:
        RejectedError: the data can never be stored as it is.
        UnavailableError: the database did not answer, or was busy with a conflicting transaction.
    """
    try:
        yield
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        raise RejectedError(f"postgres: {error}") from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        raise UnavailableError(f"postgres: {type(error).__name__}: {error}") from error
