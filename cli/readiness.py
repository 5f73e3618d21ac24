"""Whether each part and each store of a running service does its work, asked of itself."""

import asyncio
import os
import shutil
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from temporalio.service import RPCError

from adapters.postgres.errors import our_errors
from adapters.redis_streams.watch import describe
from cli.patience import NoAnswerError, answered
from cli.service import Service
from contracts.errors import PipelineError
from contracts.streams import POSTS_PARSED

#: Bytes.
LEAST_FREE: Final = 100 * 2**20
_NOBODY: Final = UUID(int=0)


@dataclass(frozen=True)
class Check:
    """Whether it is well; if not, why."""

    ok: bool
    why: str = ""


async def readiness(service: Service) -> dict[str, Check]:
    """Return a check for every part and every store, by name."""
    parts = {name: _part(task) for name, task in service.tasks.items()}
    questions = _questions(service)
    checks = await asyncio.gather(*(_asked(name, question) for name, question in questions.items()))
    return {**parts, **dict(zip(questions, checks, strict=True))}


def _part(task: "asyncio.Task[Any]") -> Check:
    if not task.done():
        return Check(ok=True)
    error = None if task.cancelled() else task.exception()
    return Check(ok=False, why=f"ended: {error}" if error else "ended")


def _questions(service: Service) -> dict[str, Awaitable[Any]]:
    stores, namespace = service.stores, service.settings.temporal.namespace
    return {
        "temporal": service.client.count_workflows(f"WorkflowId='{namespace}'"),
        "postgres": _postgres(service),
        "redis": describe(stores.redis, POSTS_PARSED),
        "vectors": stores.vectors.count(_NOBODY),
        "graph": stores.graph.counts(_NOBODY),
        "objects": _objects(service),
    }


async def _postgres(service: Service) -> None:
    with our_errors():
        await service.stores.pool.fetchval("SELECT 1")


async def _objects(service: Service) -> None:
    await asyncio.to_thread(_room, service.settings.data_dir)
    await service.stores.objects.exists("nothing/of/this/name")


def _room(folder: Path) -> None:
    if not os.access(folder, os.W_OK):
        raise PermissionError(f"{folder} cannot be written to")
    free = shutil.disk_usage(folder).free
    if free < LEAST_FREE:
        raise OSError(f"{folder} has {free // 2**20} MB left")


async def _asked(name: str, question: Awaitable[Any]) -> Check:
    try:
        await answered(name, question)
    except NoAnswerError:
        return Check(ok=False, why="does not answer")
    except (PipelineError, RPCError, OSError) as error:
        return Check(ok=False, why=f"{type(error).__name__}: {error}")
    return Check(ok=True)
