"""What the doctor finds of the stores that may be servers of a team's: opened as the service opens them, and asked."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, TypeVar
from uuid import UUID

from cli.doctor.checks import Finding
from cli.patience import answered
from contracts.errors import PipelineError
from runtime.settings import Settings
from workers.graph import open_graph
from workers.objects import open_objects
from workers.vectors import open_vectors

T = TypeVar("T")
_NOBODY: Final = UUID(int=0)
#: Seconds: a server that is asked for the first time may have to make its indexes.
_PATIENCE: Final = 60.0


async def store_findings(settings: Settings) -> list[Finding]:
    """Return a finding for objects, vectors and graph; of those in folders only where they lie."""
    bucket, endpoint = settings.s3.bucket, settings.s3.endpoint_url or "Amazon"
    return [
        await _objects(settings, f"bucket {bucket} at {endpoint}")
        if bucket
        else _folder(settings, "objects"),
        await _vectors(settings, settings.qdrant_url)
        if settings.qdrant_url
        else _folder(settings, "vectors"),
        await _graph(settings, settings.neo4j.url) if settings.neo4j.url else _folder(settings, "graph"),
    ]


def _folder(settings: Settings, name: str) -> Finding:
    return Finding(name, ok=True, found=f"in a folder: {settings.data_dir.absolute() / name}")


async def _objects(settings: Settings, where: str) -> Finding:
    return await _asked(
        "objects", where, open_objects(settings), lambda store: store.exists("nothing/of/this/name")
    )


async def _vectors(settings: Settings, where: str) -> Finding:
    return await _asked("vectors", where, open_vectors(settings), lambda store: store.unsettled())


async def _graph(settings: Settings, where: str) -> Finding:
    return await _asked("graph", where, open_graph(settings), lambda store: store.counts(_NOBODY))


async def _asked(
    name: str, where: str, opened: AbstractAsyncContextManager[T], question: Callable[[T], Awaitable[Any]]
) -> Finding:
    async def ask() -> None:
        async with opened as store:
            await question(store)

    try:
        await answered(name, ask(), _PATIENCE)
    except PipelineError as error:
        return Finding(name, ok=False, found=f"configured: {where}: {error}", do=_DO[name])
    return Finding(name, ok=True, found=f"configured: {where}, answers")


_DO: Final = {
    "objects": "start the object store, or correct POSTLOOM_S3__…; without POSTLOOM_S3__BUCKET a folder is used",
    "vectors": "start Qdrant, or correct POSTLOOM_QDRANT_URL and its key; without them a folder is used",
    "graph": "start Neo4j, or correct POSTLOOM_NEO4J__…; without POSTLOOM_NEO4J__URL a folder is used",
}
