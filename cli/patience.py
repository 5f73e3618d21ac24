"""Waiting for an answer, but not for long: what hangs is left behind."""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

from contracts.errors import UnavailableError

#: Seconds that a store may take to say a word.
PATIENCE: Final = 3.0
T = TypeVar("T")


class NoAnswerError(UnavailableError):
    """Whom we asked said nothing in time."""


async def answered(who: str, question: Awaitable[T], patience: float = PATIENCE) -> T:
    """Return the answer. What does not even end when it is told to is not waited for.

    Raises:
        NoAnswerError: there is none in time; the sentence names ``who``.
    """
    asked = asyncio.ensure_future(question)
    done, _ = await asyncio.wait({asked}, timeout=patience)
    if not done:
        asked.cancel()
        asked.add_done_callback(lambda task: task.cancelled() or task.exception())
        raise NoAnswerError(f"{who} does not answer")
    return asked.result()
