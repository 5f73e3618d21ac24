"""A post's way through its stages."""

import pytest

from contracts.errors import LinkFailedError, RefusedError
from contracts.stages import Outcome, Stage
from tests.build import LONG, SHORT, a_post
from tests.workflows.town import Town

pytestmark = pytest.mark.services

#: Long enough to be tagged, with room for more tags.
WEATHER = "Утром дождь, днём солнце, а под вечер ветер с моря, и так всю эту неделю до субботы."
LINK = "https://example.org/a"


async def test_a_text_is_tagged_enriched_indexed_and_told(town: Town) -> None:
    ref = town.ref()

    result = await town.run(a_post(ref, text=LONG))

    assert (result.state, result.stages_run) == ("indexed", 4)
    assert town.runs(ref)[:2] == [Stage.TAGS, Stage.ENRICH]
    assert set(town.runs(ref)[2:]) == {Stage.VECTORS, Stage.GRAPH}
    assert town.streams() == ["posts:tagged", "posts:enriched", "posts:indexed"]
    assert (town.tenant, ref.post_id) in town.world.vectors.points
    assert ref.post_id in town.world.graph.posts


async def test_a_post_that_says_nothing_is_skipped_and_not_indexed(town: Town) -> None:
    ref = town.ref()

    result = await town.run(a_post(ref, text=""))

    assert (result.state, result.reason) == ("skipped", "nothing_to_index")
    assert town.streams() == ["posts:tagged", "posts:enriched"]
    assert town.world.vectors.writes == 0
    assert town.world.archive.rows[ref.post_id].concluded == "skipped"


async def test_a_short_text_waits_for_its_picture_and_is_tagged_once(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file(), words="расписание трамвая")

    result = await town.run(a_post(ref, text=SHORT))

    assert result.state == "indexed"
    assert town.streams() == ["posts:vision:analyzed", "posts:tagged", "posts:enriched", "posts:indexed"]
    assert "расписание" in town.world.tagger.texts[0]


async def test_a_long_text_is_tagged_at_once_and_again_when_its_picture_has_words(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file(), words="расписание трамвая")
    town.world.eyes.gate.clear()

    handle = await town.start(a_post(ref, text=WEATHER))
    await town.told("posts:tagged")
    town.world.eyes.gate.set()
    await town.wait(handle)

    triggers = [event["trigger"] for event in town.told_events("posts:tagged")]
    assert triggers == ["initial", "vision_retag"]
    assert "расписание" in town.told_events("posts:tagged")[-1]["tags"]


async def test_a_picture_without_words_never_causes_a_second_tagging(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file())

    await town.run(a_post(ref, text=LONG))

    assert town.runs(ref).count(Stage.TAGS) == 1
    assert town.streams().count("posts:tagged") == 1


async def test_the_same_picture_in_two_posts_is_looked_at_once(town: Town) -> None:
    first, second = town.ref(1), town.ref(2)
    for ref in (first, second):
        town.world.attach(ref, town.file(), words="афиша концерта")

    await town.run(a_post(first))
    await town.run(a_post(second))

    assert len(town.world.eyes.looks) == 1


async def test_links_are_read_and_count_for_the_index(town: Town) -> None:
    ref = town.ref()

    await town.run(a_post(ref, text=LONG, urls=(LINK,)))

    assert town.world.web.asked == [LINK]
    assert "текст страницы" in town.world.embedder.texts[-1]
    assert town.streams() == ["posts:tagged", "posts:crawl", "posts:enriched", "posts:indexed"]


async def test_a_link_that_fails_three_times_is_skipped_with_its_reason(town: Town) -> None:
    ref = town.ref()
    town.world.web.broken[LINK] = LinkFailedError("no answer", "timeout")

    result = await town.run(a_post(ref, text=LONG, urls=(LINK,)))

    record = town.world.archive.rows[ref.post_id].records[Stage.CRAWL]
    assert result.state == "indexed"
    assert town.world.web.asked == [LINK] * 3
    assert (record.outcome, record.reason) == (Outcome.SKIPPED, "timeout")


async def test_a_link_that_is_refused_is_asked_for_once(town: Town) -> None:
    ref = town.ref()
    town.world.web.broken[LINK] = RefusedError("a private address", "private_address")

    await town.run(a_post(ref, text=LONG, urls=(LINK,)))

    assert town.world.web.asked == [LINK]
    assert town.world.archive.rows[ref.post_id].records[Stage.CRAWL].reason == "private_address"


async def test_a_second_run_of_an_unchanged_post_runs_no_stage_and_tells_nothing(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file(), words="афиша концерта")
    post = a_post(ref, text=LONG, urls=(LINK,))
    await town.run(post)
    told = town.streams()

    again = await town.run(post)

    assert again.stages_run == 0
    assert town.streams() == told
    assert town.world.vectors.writes == 1
