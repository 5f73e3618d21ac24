"""Whatever a text orders and a model obeys, tags stay tags, and nothing else of a post changes."""

import unicodedata
from typing import Any, Final

import pytest
from temporalio.testing import ActivityEnvironment

from contracts.encoding import decode
from contracts.post import EnrichRequest, MediaRequest, PageRequest, PostRef
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
    world.attach(ref, a_file(), words=case.order)
    seen = MediaRequest(tenant_id=TENANT, media=a_file(), vision_version=VERSIONS.vision)
    await env.run(world.seeing.analyze_media, seen)

    event = await tagged(env, world, *case.obeyed)

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


def test_every_case_has_a_name_of_its_own_and_its_obedience_stands_in_its_text() -> None:
    assert len({case.name for case in PROMPTS}) == len(PROMPTS) >= 20
    invented = {case.name for case in PROMPTS if not all(tag in case.order for tag in case.obeyed)}
    assert invented <= {"nothing of it stands here", "forget what you were told", "what you were told before"}
