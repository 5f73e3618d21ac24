"""Reading links: which, when, once; and what happens to those that cannot be read."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

from activities.crawling import LinkSkipped
from contracts.encoding import decode
from contracts.errors import (
    BudgetExhaustedError,
    LinkFailedError,
    PipelineError,
    RateLimitedError,
    RefusedError,
    UnavailableError,
)
from contracts.post import CrawlPlan, PageRequest, PostRef
from contracts.stages import Outcome, Stage
from domain import build
from tests.build import LONG, MOMENT, a_commit, a_record, a_ref, a_request, a_timing, an_event
from tests.fake_world import World

LINK = "https://example.org/a"


async def save(world: World, **values: Any) -> PostRef:
    ref = a_ref()
    await world.archive.save(ref, an_event(ref, **values), a_timing())
    return ref


async def plan(env: ActivityEnvironment, world: World) -> CrawlPlan:
    return await env.run(world.crawling.plan_crawl, a_request(Stage.CRAWL))


def a_page_of(ref: PostRef) -> PageRequest:
    return PageRequest(ref=ref, url=LINK, crawl_version="c1")


async def test_the_links_of_a_post_that_says_enough_are_read(env: ActivityEnvironment, world: World) -> None:
    await save(world, text=LONG, urls=(LINK,))

    planned = await plan(env, world)

    (event,) = world.archive.committed()
    assert planned == CrawlPlan(links=(LINK,))
    assert decode(event.fields)["trigger_reason"] == "text_length"


async def test_at_most_five_links_are_read(env: ActivityEnvironment, world: World) -> None:
    await save(world, text=LONG, urls=tuple(f"{LINK}{n}" for n in range(9)))

    assert len((await plan(env, world)).links) == 5


@pytest.mark.parametrize(("values", "reason"), [
    ({"text": "к", "urls": (LINK,)}, "no_trigger"), ({"text": LONG}, "no_links"),
])  # fmt: skip
async def test_nothing_is_read_without_a_reason(
    env: ActivityEnvironment, world: World, values: dict[str, Any], reason: str
) -> None:
    await save(world, **values)

    assert await plan(env, world) == CrawlPlan(skipped=reason)
    assert world.archive.committed() == []


async def test_a_crawl_that_is_planned_twice_is_told_once(env: ActivityEnvironment, world: World) -> None:
    await save(world, text=LONG, urls=(LINK,))

    for _ in range(2):
        await plan(env, world)

    assert len(world.archive.committed()) == 1


async def test_a_page_is_read_once_and_kept_with_its_objects(env: ActivityEnvironment, world: World) -> None:
    ref = await save(world)

    answers = [await env.run(world.crawling.fetch_page, a_page_of(ref)) for _ in range(2)]

    (page,) = world.pages.kept.values()
    assert answers == [True, True]
    assert world.web.asked == [LINK]
    assert {page.html_key, page.md_key} == set(world.objects.kept)


async def test_a_link_that_is_refused_is_kept_with_its_reason(env: ActivityEnvironment, world: World) -> None:
    ref = await save(world)
    world.web.broken[LINK] = RefusedError("inside", "private_address")

    assert not await env.run(world.crawling.fetch_page, a_page_of(ref))
    assert [page.skipped for page in world.pages.kept.values()] == ["private_address"]


async def test_a_site_that_does_not_answer_is_tried_again_later(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await save(world)
    world.web.broken[LINK] = LinkFailedError("no answer", "timeout")

    with pytest.raises(LinkFailedError):
        await env.run(world.crawling.fetch_page, a_page_of(ref))

    assert world.pages.kept == {}


async def test_the_third_time_that_a_site_does_not_answer_is_the_last(world: World) -> None:
    ref = await save(world)
    world.web.broken[LINK] = LinkFailedError("no answer", "timeout")
    told: list[int] = []
    is_final = []

    for attempt in (1, 5, 9):  # what failed for our sake in between is not counted
        world.web.broken[LINK] = LinkFailedError("no answer", "timeout")
        env = ActivityEnvironment()
        env.on_heartbeat = told.append
        env.info = replace(env.info, attempt=attempt, heartbeat_details=told[-1:])
        with pytest.raises(LinkFailedError) as failed:
            await env.run(world.crawling.fetch_page, a_page_of(ref))
        is_final.append(not failed.value.retryable)

    assert is_final == [False, False, True]


@pytest.mark.parametrize(
    "error", [UnavailableError("down"), RateLimitedError("too much", timedelta(seconds=7))]
)
async def test_a_crawler_that_fails_fails_the_page_neither_skips_nor_counts_it(
    env: ActivityEnvironment, world: World, error: UnavailableError
) -> None:
    ref = await save(world)
    world.web.broken[LINK] = error

    with pytest.raises(type(error)):
        await env.run(world.crawling.fetch_page, a_page_of(ref))

    assert (world.pages.kept, world.budget.taken) == ({}, [])


@pytest.mark.parametrize(
    "error", [LinkFailedError("no answer", "timeout"), RefusedError("gone", "not_found")]
)
async def test_a_site_that_was_asked_is_counted_whatever_it_said(
    env: ActivityEnvironment, world: World, error: PipelineError
) -> None:
    ref = await save(world)
    world.web.broken[LINK] = error

    with suppress(LinkFailedError):
        await env.run(world.crawling.fetch_page, a_page_of(ref))

    assert [(page.tenant_id, page.host) for page in world.budget.taken] == [(ref.tenant_id, "example.org")]


async def test_a_page_that_is_known_costs_nothing(env: ActivityEnvironment, world: World) -> None:
    request = a_page_of(await save(world))

    for _ in range(3):
        await env.run(world.crawling.fetch_page, request)

    assert len(world.budget.taken) == 1


async def test_where_the_budget_is_spent_no_page_is_asked_for_and_none_is_skipped(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await save(world)
    world.budget.spent = MOMENT

    with pytest.raises(BudgetExhaustedError) as spent:
        await env.run(world.crawling.fetch_page, a_page_of(ref))

    assert spent.value.goes_on_at == MOMENT
    assert (world.web.asked, world.pages.kept) == ([], {})


async def test_a_link_whose_tries_are_spent_stays_unread_with_the_reason(
    env: ActivityEnvironment, world: World
) -> None:
    skipped = LinkSkipped(request=a_page_of(await save(world)), reason="timeout")

    await env.run(world.crawling.skip_page, skipped)

    assert [page.skipped for page in world.pages.kept.values()] == ["timeout"]


async def test_a_link_that_fails_later_keeps_the_page_that_was_read(
    env: ActivityEnvironment, world: World
) -> None:
    request = a_page_of(await save(world))
    await env.run(world.crawling.fetch_page, request)

    await env.run(world.crawling.skip_page, LinkSkipped(request=request, reason="timeout"))

    assert [page.skipped for page in world.pages.kept.values()] == [None]


async def test_a_page_beyond_the_budget_is_neither_kept_nor_skipped(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await save(world)
    world.web.broken[LINK] = BudgetExhaustedError("60 pages of example.org in this hour", MOMENT)

    with pytest.raises(BudgetExhaustedError):
        await env.run(world.crawling.fetch_page, a_page_of(ref))

    assert world.pages.kept == {}


async def test_a_crawl_that_waits_keeps_its_record_when_it_is_planned_again(
    env: ActivityEnvironment, world: World
) -> None:
    ref = await save(world, text=LONG, urls=(LINK,))
    waits = a_record(Stage.CRAWL, build.kept_open("f1"), outcome=Outcome.SKIPPED, reason="deferred")
    await world.archive.commit(a_commit(ref, record=waits))

    assert await plan(env, world) == CrawlPlan(links=(LINK,))

    record = world.archive.rows[ref.post_id].records[Stage.CRAWL]
    assert (record.reason, record.output) == ("deferred", waits.output)
