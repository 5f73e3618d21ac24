"""Understanding a post: its pictures, its words, the pages that its links lead to."""

import asyncio
from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.crawling import CrawlActivities, LinkSkipped
    from activities.seeing import VisionActivities
    from activities.tagging import TagActivities
    from contracts.errors import BudgetExhaustedError, LinkFailedError, RefusedError
    from contracts.post import (
        CrawlPlan,
        MediaRef,
        MediaRequest,
        PageRequest,
        Problem,
        Retag,
        StageRequest,
        VisionRequest,
    )
    from contracts.stages import Stage
    from domain import build
    from domain.deferring import one_of_each
    from domain.tags import MIN_TEXT
    from workflows import policies
    from workflows.failures import FAILURES, problem_of
    from workflows.progress import Progress


#: Whose fault it is that a link is not read, where it is the link's or its site's.
_OF_THE_LINK: Final = frozenset({LinkFailedError.__name__, RefusedError.__name__})
#: Before this, a link was skipped for good also for what a crawler or a store of ours did not manage.
_ONLY_SITES: Final = "only-sites-are-skipped"


async def see(post: Progress) -> tuple[Problem, ...]:
    """Look at the pictures; a text that can be tagged without them does not wait."""
    if not post.wants(Stage.VISION):
        return ()
    post.show(Stage.VISION)
    jobs = [_look(post)]
    if _can_be_tagged_at_once(post):
        jobs.append(_first_tags(post))
    return tuple(problem for problems in await asyncio.gather(*jobs) for problem in problems)


def _can_be_tagged_at_once(post: Progress) -> bool:
    never_tagged = Stage.TAGS not in post.state.records
    return never_tagged and post.state.text_length >= MIN_TEXT and post.wants(Stage.TAGS)


async def _look(post: Progress) -> tuple[Problem, ...]:
    looks = await asyncio.gather(*(_look_at(post, media) for media in post.state.media))
    if failed := one_of_each(problem for problem in looks if problem):
        return failed
    known = post.state.records.get(Stage.VISION)
    request = VisionRequest(
        ref=post.state.ref,
        fingerprint=build.fingerprint(post.state, Stage.VISION),
        vision_version=post.state.versions.vision,
        media=post.state.media,
        runs=known.runs if known else 0,
    )
    try:
        post.keep(
            await workflow.execute_local_activity_method(
                VisionActivities.settle_vision, request, **policies.RECORD
            )
        )
    except FAILURES as error:
        return (problem_of(error, Stage.VISION),)
    return ()


async def _look_at(post: Progress, media: MediaRef) -> Problem | None:
    version = post.state.versions.vision
    ref = post.state.ref
    request = MediaRequest(tenant_id=ref.tenant_id, media=media, vision_version=version, post_id=ref.post_id)
    policy = policies.named(policies.VISION, f"look at picture {media.sha256[:12]}")
    try:
        await workflow.execute_activity_method(VisionActivities.analyze_media, request, **policy)
    except FAILURES as error:
        return problem_of(error, Stage.VISION)
    return None


async def _first_tags(post: Progress) -> tuple[Problem, ...]:
    try:
        await _tag_now(post, post.request(Stage.TAGS))
        await post.announce()
    except FAILURES as error:
        return (problem_of(error, Stage.TAGS),)
    return ()


async def tag(post: Progress, forced: Retag | None) -> None:
    """Tag the post if its words, or its pictures' and album's, changed; or because somebody asked."""
    if forced or post.wants(Stage.TAGS):
        post.stage = Stage.TAGS
        await _tag_now(post, post.request(Stage.TAGS, forced_by=forced.event_id if forced else ""))


async def _tag_now(post: Progress, request: StageRequest) -> None:
    policy = policies.named(policies.TAGS, "tag")
    post.keep(await workflow.execute_activity_method(TagActivities.tag_post, request, **policy))


async def read_links(post: Progress) -> tuple[CrawlPlan, tuple[Problem, ...]]:
    """Read the links that the policy wants read; return what was planned, and why some of it has to wait."""
    if not post.wants(Stage.CRAWL):
        return CrawlPlan(), ()
    post.stage = Stage.CRAWL
    request = post.request(Stage.CRAWL)
    plan = await workflow.execute_local_activity_method(
        CrawlActivities.plan_crawl, request, **policies.RECORD
    )
    if not plan.links:
        return plan, ()
    post.show(Stage.CRAWL)
    await post.announce(even_if_nothing_ran=True)
    done = await asyncio.gather(*(_read_link(post, url) for url in plan.links), return_exceptions=True)
    if broken := next((error for error in done if isinstance(error, BaseException)), None):
        raise broken
    return plan, one_of_each(problem for problem in done if isinstance(problem, Problem))


async def _read_link(post: Progress, url: str) -> Problem | None:
    """Read one link, or return why that has to wait.

    A site that does not answer is somebody else's, and no failure of the post: its link is skipped. What is wrong with
    a crawler or a store of ours says nothing of the link: it is read later.
    """
    request = PageRequest(ref=post.state.ref, url=url, crawl_version=post.state.versions.crawl)
    policy = policies.named(policies.CRAWL, f"read {url[:150]}")
    try:
        await workflow.execute_activity_method(CrawlActivities.fetch_page, request, **policy)
    except FAILURES as error:
        problem = problem_of(error, Stage.CRAWL)
        if problem.error not in _OF_THE_LINK and (_always_waited(problem) or workflow.patched(_ONLY_SITES)):
            return problem
        skipped = LinkSkipped(request=request, reason=problem.detail or "unreachable")
        await workflow.execute_local_activity_method(CrawlActivities.skip_page, skipped, **policies.RECORD)
    return None


def _always_waited(problem: Problem) -> bool:
    return bool(problem.goes_on_at) or problem.error == BudgetExhaustedError.__name__
