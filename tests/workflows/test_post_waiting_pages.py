"""Pages that may not be read now: the post is found without them, waits, and is completed when they may."""

from datetime import UTC, datetime, timedelta

import pytest

from contracts.errors import (
    BudgetExhaustedError,
    LinkFailedError,
    PipelineError,
    RateLimitedError,
    RefusedError,
    RejectedError,
    UnavailableError,
)
from contracts.post import Decision, Refresh
from contracts.stages import Outcome, Stage
from tests.build import LONG, a_post
from tests.workflows.branches import Handle
from tests.workflows.town import Town, counted, parked, until, within
from workflows.attributes import DEFERRED, NEEDS_HUMAN, STUCK_REASON
from workflows.post import PostWorkflow
from workflows.starting import refresh_post

pytestmark = pytest.mark.services

LINK, OTHER = "https://example.org/a", "https://example.org/b"


def spent(seconds: float = 0.0) -> BudgetExhaustedError:
    return BudgetExhaustedError(
        "60 pages of this host in this hour", datetime.now(UTC) + timedelta(seconds=seconds)
    )


async def a_post_that_waits(town: Town, seconds: float, urls: tuple[str, ...] = (LINK,)) -> Handle:
    town.world.web.broken[LINK] = spent(seconds)
    handle = await town.start(a_post(town.ref(), text=LONG, urls=urls))
    await parked(handle, DEFERRED)
    return handle


def sources(town: Town) -> list[list[str]]:
    """The pages that each posts.enriched told of."""
    return [event["source_urls"] for event in town.told_events("posts:enriched")]


async def test_the_post_is_found_without_the_page_and_waits_for_it(town: Town) -> None:
    handle = await a_post_that_waits(town, 3600)

    record = town.world.archive.rows[town.ref().post_id].records[Stage.CRAWL]
    attributes = (await handle.describe()).typed_search_attributes
    assert attributes.get(STUCK_REASON) == "crawl:BudgetExhaustedError"
    assert town.streams() == ["posts:tagged", "posts:crawl", "posts:enriched", "posts:indexed"]
    assert (record.outcome, record.reason) == (Outcome.SKIPPED, "deferred")
    assert town.world.pages.kept == {}


async def test_the_page_is_read_when_it_may_be_and_the_post_is_told_of_once_more(town: Town) -> None:
    handle = await a_post_that_waits(town, 0.5)

    town.world.web.broken.clear()
    result = await within(town.wait(handle))

    row = town.world.archive.rows[town.ref().post_id]
    keys = [event["idempotency_key"] for event in town.told_events("posts:enriched")]
    assert result.state == "indexed"
    assert sources(town) == [[], [LINK]]
    assert len(set(keys)) == 2
    assert [town.streams().count(s) for s in ("posts:crawl", "posts:tagged", "posts:indexed")] == [1, 1, 2]
    assert (row.records[Stage.CRAWL].outcome, row.concluded) == (Outcome.DONE, "indexed")
    assert "текст страницы" in town.world.embedder.texts[-1]


async def test_of_several_pages_those_that_may_be_read_count_at_once(town: Town) -> None:
    handle = await a_post_that_waits(town, 0.5, (LINK, OTHER))
    assert sources(town) == [[OTHER]]

    town.world.web.broken.clear()
    await within(town.wait(handle))

    assert sources(town) == [[OTHER], [LINK, OTHER]]
    assert town.world.web.asked.count(OTHER) == 1


async def test_a_page_that_is_refused_again_and_again_tells_nothing_new(town: Town) -> None:
    handle = await a_post_that_waits(town, 0)
    told, runs = town.streams(), town.runs(town.ref())

    async def tried() -> bool:
        return town.world.parks.tries.total() >= 3

    await until(tried)
    await parked(handle, DEFERRED)

    _, scheduled = await counted(handle)
    assert (town.streams(), town.runs(town.ref())) == (told, runs)
    assert scheduled["announce_indexed"] == 1
    assert len(town.world.parks.parks) == 1


async def test_what_is_told_meanwhile_does_not_end_the_park_of_what_still_waits(town: Town) -> None:
    town.world.web.broken[OTHER] = spent()
    handle = await a_post_that_waits(town, 0, (LINK, OTHER))
    town.world.web.broken.pop(OTHER)

    async def is_read() -> bool:
        return sources(town) == [[], [OTHER]]

    await until(is_read)
    tries = town.world.parks.tries.total()

    async def tried() -> bool:
        return town.world.parks.tries.total() > tries

    await until(tried)
    await parked(handle, DEFERRED)
    assert (len(town.world.parks.parks), town.world.parks.ended) == (1, {})


async def test_a_site_that_is_away_is_skipped_while_another_page_waits(town: Town) -> None:
    town.world.web.broken[OTHER] = LinkFailedError("no answer", "timeout")

    handle = await a_post_that_waits(town, 0.5, (LINK, OTHER))
    town.world.web.broken.pop(LINK)
    await within(town.wait(handle))

    assert sorted(page.skipped or "" for page in town.world.pages.kept.values()) == ["", "timeout"]
    assert town.world.web.asked.count(OTHER) == 3


async def test_a_human_may_do_without_the_page_and_a_later_look_tries_it_again(town: Town) -> None:
    handle = await a_post_that_waits(town, 3600)

    await handle.signal(PostWorkflow.resolve, Decision(action="skip"))
    await within(town.wait(handle))
    assert sources(town) == [[]]
    assert town.world.archive.rows[town.ref().post_id].records[Stage.CRAWL].reason == "left_out"
    assert town.streams().count("posts:indexed") == 1

    town.world.web.broken.clear()
    await refresh_post(town.client, town.ref(), Refresh(reason="try", event_id="1"))
    await within(town.wait(handle))
    assert sources(town) == [[], [LINK]]


def for_long(error: PipelineError) -> PipelineError:
    """An error that is not over within the retries."""
    error.retry_after = timedelta(hours=1)
    return error


async def stuck_at(handle: Handle) -> str | None:
    return (await handle.describe()).typed_search_attributes.get(STUCK_REASON)


@pytest.mark.parametrize("place", ["web", "objects"])
async def test_what_our_crawler_or_store_did_not_manage_is_read_when_that_is_mended(
    town: Town, place: str
) -> None:
    weather = getattr(town.world, place).weather
    weather.always = for_long(UnavailableError("down"))
    handle = await town.start(a_post(town.ref(), text=LONG, urls=(LINK,)))
    await parked(handle, NEEDS_HUMAN)

    reason, before = await stuck_at(handle), sources(town)
    weather.always = None
    await handle.signal(PostWorkflow.resolve, Decision(action="retry"))
    await within(town.wait(handle))

    assert (reason, before) == ("crawl:UnavailableError", [[]])
    assert sources(town) == [[], [LINK]]


async def test_what_a_store_refuses_needs_a_human_and_loses_no_link(town: Town) -> None:
    town.world.objects.weather.always = RejectedError("the bucket refuses this key")

    handle = await town.start(a_post(town.ref(), text=LONG, urls=(LINK,)))
    await parked(handle, NEEDS_HUMAN)

    assert (await stuck_at(handle), town.world.pages.kept) == ("crawl:RejectedError", {})


async def test_a_page_that_there_is_no_room_for_is_skipped(town: Town) -> None:
    town.world.objects.weather.always = RefusedError("no room", "quota")

    await town.run(a_post(town.ref(), text=LONG, urls=(LINK,)))

    assert [page.skipped for page in town.world.pages.kept.values()] == ["quota"]


async def test_a_crawler_that_says_wait_is_waited_for_by_itself(town: Town) -> None:
    told = RateLimitedError("too much to do", timedelta(minutes=45))
    told.goes_on_at = datetime.now(UTC) + timedelta(seconds=0.5)
    town.world.web.broken[LINK] = told
    handle = await town.start(a_post(town.ref(), text=LONG, urls=(LINK,)))
    await parked(handle, DEFERRED)

    town.world.web.broken.clear()
    await within(town.wait(handle))

    assert sources(town) == [[], [LINK]]


async def test_tries_that_a_crawler_of_ours_spoilt_are_not_a_sites(town: Town) -> None:
    down, away = UnavailableError("down"), LinkFailedError("no answer", "timeout")
    down.retry_after = away.retry_after = timedelta(milliseconds=20)
    town.world.web.weather.coming = [away, down, down, down]
    town.world.web.broken[LINK] = away

    await town.run(a_post(town.ref(), text=LONG, urls=(LINK,)))

    assert [page.skipped for page in town.world.pages.kept.values()] == ["timeout"]
    assert town.world.web.asked == [LINK] * 6
