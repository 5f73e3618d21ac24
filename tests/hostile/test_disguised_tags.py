"""A tag that nobody wants does not come in by marks that nobody sees, and no such mark goes out with one."""

import pytest
from temporalio.testing import ActivityEnvironment

from contracts.encoding import decode
from contracts.stages import Stage
from domain.policy import Policies
from domain.vocabulary import TagPolicy, Vocabulary
from tests.build import a_ref, a_request, a_timing, an_event
from tests.fake_world import World

POLICIES = Policies(tags=TagPolicy(defaults=Vocabulary(forbidden=("казино", "casino"))))
TEXT = "Городской трамвай снова ходит по набережной: маршрут продлили до речного вокзала. Рядом открылось {}."


async def told(word: str, *says: str) -> list[str]:
    """The tags that are told of a post with this word by a model that says just this."""
    world, ref = World(policies=POLICIES), a_ref()
    await world.archive.save(ref, an_event(ref, text=TEXT.format(word)), a_timing())
    world.tagger.says = says
    await ActivityEnvironment().run(world.tagging.tag_post, a_request(Stage.TAGS))
    tags: list[str] = decode(world.archive.committed()[-1].fields)["tags"]
    return tags


@pytest.mark.parametrize("word", [
    "казино\u0301", "ка\u0301зино", "каз\u034fино", "каз\ufe0fино", "ｃａｓｉｎｏ", "кaзино", "каз\u3164ино", "ка_зино",
])  # fmt: skip
async def test_what_is_forbidden_is_told_in_no_disguise(word: str) -> None:
    assert await told(word, word, "трамвай") == ["трамвай"]
    assert await told(word, "казино", "casino", "трамвай") == ["трамвай"]


@pytest.mark.parametrize(
    "word", ["кафе\u0301", "ка\u034fфе", "кафе\ufe0f", "кaфе", "ка\u3164фе", "ка\u200bфе"]
)
async def test_what_is_told_has_nothing_in_it_that_is_not_seen(word: str) -> None:
    assert await told(word, word, "кафе") == ["кафе"]
