"""The floor of the benchmark: what the engine alone costs for as many activities of the same kinds, doing nothing."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

QUEUE: Final = "postloom-bench-floor"
LIMIT: Final = timedelta(minutes=1)


@activity.defn
async def nothing(word: str) -> str:
    """Do nothing."""
    return word


@workflow.defn
class FloorWorkflow:
    """Runs a shape: ``L`` a local activity, ``R`` a regular one, ``P`` two regular ones side by side."""

    @workflow.run
    async def run(self, shape: str) -> int:
        """Run the shape's activities in order; return how many steps that were."""
        for step in shape:
            if step == "L":
                await workflow.execute_local_activity(nothing, step, start_to_close_timeout=LIMIT)
            else:
                await asyncio.gather(*(self._regular() for _ in range(2 if step == "P" else 1)))
        return len(shape)

    async def _regular(self) -> str:
        return await workflow.execute_activity(nothing, "R", start_to_close_timeout=LIMIT)


async def measure_floor(client: Client, shapes: Sequence[str], in_flight: int) -> float:
    """Return the seconds that the engine needs for workflows of these shapes, ``in_flight`` at a time."""
    worker = Worker(
        client,
        task_queue=QUEUE,
        workflows=[FloorWorkflow],
        activities=[nothing],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_concurrent_workflow_tasks=60,
    )
    gate = asyncio.Semaphore(in_flight)
    mark = time.time_ns()
    async with worker:
        start = time.perf_counter()
        await asyncio.gather(*(_one(client, gate, f"floor:{mark}:{n}", s) for n, s in enumerate(shapes)))
        return time.perf_counter() - start


async def _one(client: Client, gate: asyncio.Semaphore, id: str, shape: str) -> None:
    async with gate:
        await client.execute_workflow(FloorWorkflow.run, shape, id=id, task_queue=QUEUE)
