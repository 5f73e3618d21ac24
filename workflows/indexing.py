"""Putting together what is known of a post, and putting it where it can be found."""

import asyncio

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.announcing import BridgeActivities
    from activities.enriching import EnrichActivities
    from activities.indexing import IndexActivities
    from contracts.post import CrawlPlan, EnrichRequest, Problem
    from contracts.stages import Stage
    from domain import build
    from workflows import policies
    from workflows.failures import FAILURES, problem_of
    from workflows.progress import Progress


async def enrich(post: Progress, plan: CrawlPlan, *, wait: bool) -> None:
    """Join what vision, tags and crawl found, if any of it changed; pages that ``wait`` to be read come later."""
    if not (build.is_stale(post.state, Stage.ENRICH) or build.is_stale(post.state, Stage.CRAWL)):
        return
    post.stage = Stage.ENRICH
    open_because = "deferred" if wait else "left_out" if Stage.CRAWL in post.skipped else None
    request = EnrichRequest(state=post.state, crawl_skipped=plan.skipped, crawl_open=open_because)
    enriched = await workflow.execute_local_activity_method(
        EnrichActivities.enrich_post, request, **policies.RECORD
    )
    for record in enriched.records:
        post.keep(record)


async def index(post: Progress) -> tuple[Problem, ...]:
    """Vectors and graph side by side; the one that is up to date is not written again."""
    if not build.is_indexable(post.state):
        await _leave_out(post)
        return ()
    stale = [stage for stage in (Stage.VECTORS, Stage.GRAPH) if post.wants(stage)]
    if stale:
        await post.announce()
        post.stage = Stage.VECTORS
    done = await asyncio.gather(*(_index_in(post, stage) for stage in stale))
    problems = tuple(problem for problem in done if problem)
    if not problems and post.has_news():
        policy = policies.named(policies.ANNOUNCE, "announce indexed")
        await workflow.execute_activity_method(BridgeActivities.announce_indexed, post.state.ref, **policy)
        post.is_told()
    return problems


async def _index_in(post: Progress, stage: Stage) -> Problem | None:
    method = IndexActivities.index_vectors if stage is Stage.VECTORS else IndexActivities.link_graph
    policy = policies.named(policies.STORE, str(stage))
    try:
        post.keep(await workflow.execute_activity_method(method, post.request(stage), **policy))
    except FAILURES as error:
        return problem_of(error, stage)
    return None


async def _leave_out(post: Progress) -> None:
    if post.has_news():
        policy = policies.named(policies.ANNOUNCE, "announce skipped")
        await workflow.execute_activity_method(BridgeActivities.announce_skipped, post.state.ref, **policy)
        post.is_told()
