"""A server that suggests another run after few events, where a real one does after thousands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from runtime.embedded.temporal_binary import temporal_binary
from runtime.temporal import register_search_attributes
from tests.workflows.town import until

#: From so many events on a history is held to be long.
LONG: Final = 60


@asynccontextmanager
async def an_impatient_server() -> AsyncIterator[Client]:
    """A client of it, while the context is open."""
    binary = await temporal_binary(None, print)
    limit = f"limit.historyCount.suggestContinueAsNew={LONG}"
    async with await WorkflowEnvironment.start_local(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=str(binary.path),
        dev_server_extra_args=["--dynamic-config-value", limit],
    ) as server:
        await register_search_attributes(server.client)
        yield server.client


async def another_run(handle: WorkflowHandle[Any, Any]) -> str:
    """Wait until the workflow goes on in another run; return the id of the one before."""
    first = (await handle.describe()).run_id

    async def is_another() -> bool:
        return (await handle.describe()).run_id != first

    await until(is_another, 60)
    return first
