"""Reading what a model wrote: it was paid for, so what we stumble over in it must end, and not be asked for ever."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import structlog

from contracts.asking import Usage
from contracts.errors import PipelineError, UnusableAnswerError

log = structlog.get_logger(__name__)

R = TypeVar("R")


async def read(reading: Callable[[], R], usage: Usage) -> R:
    """Return what ``reading`` makes of an answer that took ``usage``, in a thread.

    Raises:
        UnusableAnswerError: with what it took; also where the mistake is ours, which stands in the log then.
        PipelineError: what ``reading`` says of it.
    """
    try:
        return await asyncio.to_thread(reading)
    except PipelineError:
        raise
    except Exception as error:
        log.exception("answer not understood")
        raise UnusableAnswerError(f"not understood: {type(error).__name__}", usage) from error
