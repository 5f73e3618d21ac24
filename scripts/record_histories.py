"""Records one history for each branch of the workflows into tests/histories; existing files are left alone.

    .venv/bin/python -m scripts.record_histories

A history is recorded once, when its branch is new. One that does not replay any more is a finding, not an outdated
file: see tests/workflows/test_replay.py.
"""

import asyncio
import json
import re
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Final

from temporalio.client import Client, WorkflowHandle

from runtime.embedded.stack import StackOptions, embedded_stack
from runtime.temporal import connect
from tests.workflows import branches
from tests.workflows.deferring_branches import CONTINUING
from tests.workflows.impatient import an_impatient_server
from tests.workflows.town import Town, a_town

FOLDER: Final = Path(__file__).parents[1] / "tests" / "histories"
IDENTITY: Final = "worker@postloom"
STICKY: Final = re.compile(rf"\d+@{re.escape(socket.gethostname())}")

Branch = Callable[[Town], Awaitable[WorkflowHandle[Any, Any]]]
Server = Callable[[], AbstractAsyncContextManager[Client]]


async def main() -> None:
    """Record what is not there yet."""
    await _record(branches.ALL, _patient_server)
    await _record(CONTINUING, an_impatient_server)


async def _record(recipes: Mapping[str, Branch], server: Server) -> None:
    new = {path: branch for name, branch in recipes.items() if not (path := FOLDER / f"{name}.json").exists()}
    if not new:
        return
    async with server() as client:
        for path, branch in new.items():
            path.write_text(await _recorded(client, branch), encoding="utf-8")
            print(f"recorded {path.name}")


@asynccontextmanager
async def _patient_server() -> AsyncIterator[Client]:
    with tempfile.TemporaryDirectory() as folder:
        options = StackOptions(data_dir=Path(folder), ui=False, on_progress=print)
        async with embedded_stack(options) as addresses:
            yield await connect(addresses.temporal, "default")


async def _recorded(client: Client, branch: Branch) -> str:
    async with a_town(client) as town:
        handle = await branch(town)
        history = await handle.fetch_history()
    body = {"id": handle.id, "history": _without_machine(json.loads(history.to_json()))}
    return json.dumps(body, ensure_ascii=False, indent=1) + "\n"


def _without_machine(value: Any) -> Any:
    """Return ``value`` without what says where it was recorded: hosts, process ids, paths in traces."""
    if isinstance(value, list):
        return [_without_machine(part) for part in value]
    if isinstance(value, dict):
        kept = {name: _without_machine(part) for name, part in value.items() if name != "stackTrace"}
        return {**kept, **({"identity": IDENTITY} if "identity" in kept else {})}
    return STICKY.sub(IDENTITY, value) if isinstance(value, str) else value


if __name__ == "__main__":
    asyncio.run(main())
