"""What the engine and the workflows say when they are asked from outside, and their silence in our words."""

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from temporalio.client import WorkflowQueryFailedError
from temporalio.service import RPCError

from contracts.errors import UnavailableError

T = TypeVar("T")


@contextmanager
def engine_errors() -> Iterator[None]:
    """Say in our words that the engine cannot be asked.

    Raises:
        UnavailableError: it does not answer, or refuses.
    """
    try:
        yield
    except RPCError as error:
        raise UnavailableError(f"Temporal does not answer: {error.message}") from error


async def asked(query: Awaitable[T], patience: float) -> T:
    """Return what a workflow answers to a query; ``patience`` in seconds.

    Raises:
        UnavailableError: no worker answers in time, or the workflow cannot.
    """
    try:
        async with asyncio.timeout(patience):
            with engine_errors():
                return await query
    except WorkflowQueryFailedError as error:
        raise UnavailableError(f"the workflow cannot say: {error}") from error
    except TimeoutError as error:
        raise UnavailableError("no worker answers") from error
