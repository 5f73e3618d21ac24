"""The workers of a process: one for each queue."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.worker import Interceptor, UnsandboxedWorkflowRunner, Worker, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from runtime.interceptor import OurInterceptor
from runtime.settings import WorkerSettings
from workers.parts import Activity
from workflows.queues import CRAWL_QUEUE, POST_QUEUE, TAGS_QUEUE, VISION_QUEUE
from workflows.registry import WORKFLOWS

#: How long running activities may go on after the process was asked to stop. Questions to providers may be paid for
#: already: they have the time of the longest.
GRACE: Final = timedelta(seconds=20)
GRACE_OF: Final = {TAGS_QUEUE: timedelta(seconds=45), VISION_QUEUE: timedelta(seconds=100)}
#: Pictures that are looked at in this process at the same time: each takes memory and a core.
BY_ONESELF: Final = 2


def build_workers(
    client: Client,
    activities: dict[str, Sequence[Activity]],
    settings: WorkerSettings,
    interceptors: Sequence[Interceptor] = (),
    *,
    together: int = 1,
) -> list[Worker]:
    """Return a worker for each queue; workflows are served beside the activities on our own stores.

    Where ``together`` pictures go in a request, as many again gather while it is under way. ``interceptors`` come
    around ours: they see what the engine is told, errors in its own terms.

    Workflow code runs unsandboxed unless the settings say otherwise: the sandbox costs 40 % of the worker's
    CPU, and every test runs the same code inside it.
    """
    vision = settings.vision or max(BY_ONESELF, 2 * together)
    slots = {TAGS_QUEUE: settings.tags, VISION_QUEUE: vision, CRAWL_QUEUE: settings.crawl}
    around = (*interceptors, OurInterceptor())
    others = [
        Worker(
            client,
            task_queue=queue,
            activities=activities[queue],
            interceptors=around,
            max_concurrent_activities=count,
            graceful_shutdown_timeout=GRACE_OF.get(queue, GRACE),
        )
        for queue, count in slots.items()
    ]
    return [_post_worker(client, activities[POST_QUEUE], settings, around), *others]


def _post_worker(
    client: Client, activities: Sequence[Activity], settings: WorkerSettings, around: Sequence[Interceptor]
) -> Worker:
    return Worker(
        client,
        task_queue=POST_QUEUE,
        workflows=list(WORKFLOWS),
        activities=activities,
        interceptors=around,
        workflow_runner=_runner(sandboxed=settings.sandboxed),
        max_concurrent_workflow_tasks=settings.workflows,
        max_concurrent_activities=settings.activities,
        max_concurrent_local_activities=settings.activities,
        max_cached_workflows=1000,
        graceful_shutdown_timeout=GRACE,
    )


def _runner(*, sandboxed: bool) -> WorkflowRunner:
    return SandboxedWorkflowRunner() if sandboxed else UnsandboxedWorkflowRunner()
