"""Deleting a post: the tombstone first, so that nothing comes back; then every store; then the one event."""

import asyncio
from collections.abc import Collection

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.announcing import BridgeActivities
    from activities.deleting import DeletingActivities
    from contracts.deleting import EntombRequest, EraseRequest, Removed
    from contracts.post import Deletion, PostRef, Problem
    from contracts.stages import Stage
    from workflows import policies
    from workflows.failures import FAILURES, problem_of


async def delete(ref: PostRef, deletion: Deletion, left_out: Collection[Stage]) -> tuple[Problem, ...]:
    """Remove the post everywhere; return what could not be done. Stages in ``left_out`` are done without."""
    try:
        entomb = EntombRequest(ref=ref, deletion=deletion)
        await workflow.execute_local_activity_method(
            DeletingActivities.entomb_post, entomb, **policies.RECORD
        )
    except FAILURES as error:
        return (problem_of(error, Stage.PERSIST, optional=False),)
    vectors, graph = await asyncio.gather(
        _removed(ref, Stage.VECTORS, left_out), _removed(ref, Stage.GRAPH, left_out)
    )
    problems = tuple(found for found in (vectors, graph) if isinstance(found, Problem))
    if problems:
        return problems
    return await _erased(
        EraseRequest(
            ref=ref,
            vectors=vectors if isinstance(vectors, Removed) else None,
            graph=graph if isinstance(graph, Removed) else None,
        )
    )


async def _removed(ref: PostRef, stage: Stage, left_out: Collection[Stage]) -> Removed | Problem | None:
    if stage in left_out:
        return None
    method = DeletingActivities.remove_vector if stage is Stage.VECTORS else DeletingActivities.remove_node
    policy = policies.named(policies.STORE, f"remove from {stage}")
    try:
        return await workflow.execute_activity_method(method, ref, **policy)
    except FAILURES as error:
        return problem_of(error, stage)


async def _erased(request: EraseRequest) -> tuple[Problem, ...]:
    try:
        erased = await workflow.execute_activity_method(
            DeletingActivities.erase_post, request, **policies.named(policies.STORE, "erase")
        )
        await workflow.execute_activity_method(
            BridgeActivities.announce_deleted, erased, **policies.named(policies.ANNOUNCE, "announce deleted")
        )
    except FAILURES as error:
        return (problem_of(error, Stage.PERSIST, optional=False),)
    return ()
