"""Whatever a text orders and a model obeys, tags stay tags, and nothing else of a post changes."""

import unicodedata
from typing import Any, Final

import pytest
from structlog.testing import capture_logs
from temporalio.testing import ActivityEnvironment

from contracts.encoding import decode
from contracts.post import EnrichRequest, MediaRequest, PageRequest, PostRef, VisionRequest
from contracts.stages import Stage
from domain.text import normalized
from tests.build import SHORT, STANDARDS, TENANT, VERSIONS, a_file, a_ref, a_request, a_timing, an_event
from tests.fake_world import World
from tests.hostile.prompts import ABOUT, PROMPTS, Injection

LINK: Final = "https://example.org/a"
_LINKS: Final = ("://", "www.", "t.me", ".com", ".ru", ".рф", "evil.example/", "@")


@pytest.fixture
def env() -> ActivityEnvironment:
    return ActivityEnvironment()


@pytest.fixture
def world() -> World:
    return World()


def why_no_tag(tag: str, text: str) -> str | None:
    """Return what is wrong with a tag, by rules written down here once more."""
    if not 2 <= len(tag) <= 60 or tag != tag.lower():
        return "length or case"
    if tag not in normalized(text).lower():
        return "not in the text"
    if any(unicodedata.category(character).startswith("C") for character in tag) or set(tag) & set(
        "<>{}[]|\\^`\n"
    ):
        return "control characters or markup"
    return "link or name" if any(mark in tag for mark in _LINKS) else None


async def save(world: World, text: str, **values: Any) -> PostRef:
    ref = a_ref()
    await world.archive.save(ref, an_event(ref, text=text, **values), a_timing())
    return ref


async def tagged(env: ActivityEnvironment, world: World, *says: str) -> dict[str, Any]:
    """Tag the post of the world by a model that says just this; return the event that tells of it."""
    world.tagger.says = says
    await env.run(world.tagging.tag_post, a_request(Stage.TAGS))
    return decode(world.archive.committed()[-1].fields)


async def look(env: ActivityEnvironment, world: World, ref: PostRef, words: str) -> None:
    """Give the post a picture in which the words stand, and look at it."""
    world.attach(ref, a_file(), words=words)
    await env.run(
        world.seeing.analyze_media,
        MediaRequest(tenant_id=TENANT, media=a_file(), vision_version=VERSIONS.vision),
    )
    await env.run(
        world.seeing.settle_vision,
        VisionRequest(ref=ref, fingerprint="v", media=(a_file(),), vision_version=VERSIONS.vision),
    )


async def harmless(env: ActivityEnvironment, text: str) -> dict[str, Any]:
    """What is told of the same post when nobody obeys anything."""
    world = World()
    await save(world, text)
    return await tagged(env, world, "трамвай")


def but_tags(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in {"tags", "tags_hash", "latency_ms"}}


@pytest.mark.parametrize("case", PROMPTS, ids=lambda case: case.name)
async def test_an_order_in_a_post_makes_no_tag_that_is_none(
    env: ActivityEnvironment, world: World, case: Injection
) -> None:
    text = f"{ABOUT}\n{case.order}"
    await save(world, text)

    event = await tagged(env, world, *case.obeyed, "трамвай")

    assert {tag: why for tag in event["tags"] if (why := why_no_tag(tag, text))} == {}
    assert len(event["tags"]) <= 5


@pytest.mark.parametrize("case", PROMPTS, ids=lambda case: case.name)
async def test_an_order_in_a_post_changes_nothing_but_tags(
    env: ActivityEnvironment, world: World, case: Injection
) -> None:
    text = f"{ABOUT}\n{case.order}"
    await save(world, text)

    event = await tagged(env, world, *case.obeyed, "трамвай")

    without_tags = but_tags(await harmless(env, text))
    without_tags["metadata"].pop("reason", None)
    event["metadata"].pop("reason", None)  # told where no tag is left
    assert but_tags(event) == without_tags
    assert len(world.archive.committed()) == 1


@pytest.mark.parametrize("case", PROMPTS, ids=lambda case: case.name)
async def test_an_order_in_a_picture_makes_no_tag_that_is_none(
    env: ActivityEnvironment, world: World, case: Injection
) -> None:
    ref = await save(world, SHORT)
    await look(env, world, ref, case.order)

    event = await tagged(env, world, *case.obeyed)

    assert [case.order in text for text in world.tagger.texts] == [True]
    assert {
        tag: why for tag in event["tags"] if (why := why_no_tag(tag, f"{SHORT}\nфото: {case.order}"))
    } == {}
    assert event["urls"] == []


@pytest.mark.parametrize("case", PROMPTS, ids=lambda case: case.name)
async def test_an_order_in_a_page_is_never_obeyed(
    env: ActivityEnvironment, world: World, case: Injection
) -> None:
    """What a page says reaches no tagger: not one of its words becomes a tag, not one of its links is read."""
    ref = await save(world, ABOUT, urls=(LINK,))
    world.web.texts[LINK] = case.order
    await env.run(world.crawling.fetch_page, PageRequest(ref=ref, url=LINK, crawl_version=VERSIONS.crawl))
    tags = (await tagged(env, world, *case.obeyed))["tags"]
    state = await world.archive.state(ref, STANDARDS)
    await env.run(world.enriching.enrich_post, EnrichRequest(state=state))

    event = decode(world.archive.committed()[-1].fields)
    assert (tags, event["tags"]) == ([], [])
    assert event["source_urls"] == event["enrichment_data"]["urls"] == [LINK]
    assert [page.url for page in world.pages.kept.values()] == [LINK]
    assert event["text"] == ABOUT


@pytest.mark.parametrize("case", PROMPTS, ids=lambda case: case.name)
async def test_an_order_is_flagged_where_it_stands(
    env: ActivityEnvironment, world: World, case: Injection
) -> None:
    ref = await save(world, case.order, urls=(LINK,))
    await look(env, world, ref, case.order)
    world.web.texts[LINK] = case.order
    await env.run(world.crawling.fetch_page, PageRequest(ref=ref, url=LINK, crawl_version=VERSIONS.crawl))
    with capture_logs() as logs:
        await tagged(env, world, *case.obeyed)
        await env.run(
            world.enriching.enrich_post, EnrichRequest(state=await world.archive.state(ref, STANDARDS))
        )

    kinds, found = list(case.flagged), world.archive.rows[ref.post_id].findings
    assert found["tags"]["metadata"].get("injections", {}) == in_each(kinds, "text", "pictures")
    assert found["crawl"]["metadata"].get("injections", {}) == in_each(kinds, "page")
    assert world.flagged == (["text", "pictures", "page"] if kinds else [])
    told = [line for line in logs if line["event"] == "a text gives orders to a model"]
    assert [line["injections"] for line in told] == (
        [in_each(kinds, "text", "pictures"), in_each(kinds, "page")] if kinds else []
    )
    assert ABOUT not in str(told)
    assert case.order not in str(told)


async def test_tags_that_are_made_again_tell_of_no_order_twice(
    env: ActivityEnvironment, world: World
) -> None:
    await save(world, PROMPTS[0].order)
    await tagged(env, world, "tag")
    await env.run(world.tagging.tag_post, a_request(Stage.TAGS, forced_by="campaign"))

    assert world.flagged == ["text"]


def in_each(kinds: list[str], *places: str) -> dict[str, list[str]]:
    return {place: kinds for place in places if kinds}


def test_every_case_has_a_name_of_its_own_and_its_obedience_stands_in_its_text() -> None:
    assert len({case.name for case in PROMPTS}) == len(PROMPTS) >= 20
    invented = {case.name for case in PROMPTS if not all(tag in case.order for tag in case.obeyed)}
    assert invented <= {"nothing of it stands here", "forget what you were told", "what you were told before"}
