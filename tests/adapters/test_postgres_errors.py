"""What the driver says, in our words."""

import asyncpg
import pytest

from adapters.postgres.errors import our_errors
from contracts.errors import RejectedError, UnavailableError


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 15; another operation (2) is in progress"),
        asyncpg.CannotConnectNowError("the database system is shutting down"),
        ConnectionResetError("reset by peer"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_connection_that_was_cut_is_an_outage(error: Exception) -> None:
    with pytest.raises(UnavailableError, match="postgres: "), our_errors():
        raise error


def test_what_cannot_be_stored_is_rejected() -> None:
    with pytest.raises(RejectedError), our_errors():
        raise asyncpg.UniqueViolationError("duplicate key")


def test_a_mistake_of_ours_stays_what_it_is() -> None:
    with pytest.raises(asyncpg.UndefinedColumnError), our_errors():
        raise asyncpg.UndefinedColumnError("column does not exist")
