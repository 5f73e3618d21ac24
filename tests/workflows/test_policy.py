"""The policy in workflows: it decides for each post and album, and a change of it costs no look."""

from typing import Any

import pytest

from contracts.post import PostInput
from contracts.stages import Outcome, Stage
from domain.policy import Policies
from tests.build import LONG, a_post, an_album
from tests.fake_world import POLICIES
from tests.workflows.town import Town, counted

pytestmark = pytest.mark.services


def policies(*rules: dict[str, Any], **tags: Any) -> Policies:
    named = [{"name": f"rule {number}", **rule} for number, rule in enumerate(rules)]
    return Policies.model_validate({"crawl": POLICIES.crawl, "vision": {"rules": named}, "tags": tags})


NO_CAPTIONS = {"when": {"text_shorter_than": 1}, "then": "skip", "reason": "no_text_beside"}


async def test_one_picture_in_two_posts_is_looked_at_for_the_one_that_should_have_it(town: Town) -> None:
    town.world.use(policies(NO_CAPTIONS))
    worded, wordless = town.ref(1), town.ref(2)
    for ref in (worded, wordless):
        town.world.attach(ref, town.file(), words="афиша концерта")

    for ref, text in ((worded, LONG), (wordless, "")):
        await town.run(a_post(ref, text=text))

    records = [town.world.archive.rows[ref.post_id].records[Stage.VISION] for ref in (worded, wordless)]
    assert [(record.outcome, record.reason) for record in records] == [
        (Outcome.DONE, None), (Outcome.SKIPPED, "no_text_beside"),
    ]  # fmt: skip
    assert len(town.world.eyes.looks) == 1
    assert "афиша" not in str(town.told_events("posts:enriched")[-1])


async def test_a_changed_policy_has_posts_looked_at_again_and_no_picture(town: Town) -> None:
    ref = town.ref()
    town.world.attach(ref, town.file(), words="афиша концерта")
    await town.run(a_post(ref, text=LONG))

    reasons = []
    for policy in (policies({"then": "skip"}), policies(), policies()):
        town.world.use(policy)
        result = await town.run(PostInput(ref=ref))
        reasons.append(
            (town.world.archive.rows[ref.post_id].records[Stage.VISION].reason, result.stages_run > 0)
        )

    assert reasons == [("policy_skipped", True), (None, True), (None, False)]
    assert len(town.world.eyes.looks) == 1
    assert [event["event_type"] for event in town.told_events("posts:vision:analyzed")] == [
        "posts.vision.analyzed", "posts.vision.skipped", "posts.vision.analyzed",
    ]  # fmt: skip


async def test_an_album_asks_nobody_about_items_that_are_left_out(town: Town) -> None:
    town.world.use(policies(NO_CAPTIONS))
    refs = tuple(town.ref(number, grouped_id=town.album_ref().grouped_id) for number in (1, 2))
    for ref, text in zip(refs, (LONG, ""), strict=True):
        town.world.attach(ref, town.file(str(ref.message_id)), words=f"табличка {ref.message_id}")
        await town.run(a_post(ref, text=text))
    town.world.looks.seen.clear()

    result = await town.run_album(an_album(town.album_ref(), refs))

    _, scheduled = await counted(town.client.get_workflow_handle(town.album_ref().workflow_id))
    (event,) = town.told_events("album:assembled")
    assert (result.state, event["items_count"], event["items_analyzed"]) == ("complete", 2, 1)
    assert scheduled["analyze_media"] == 1


async def test_another_vocabulary_tags_the_posts_of_its_tenant_again(town: Town) -> None:
    ref = town.ref()
    await town.run(a_post(ref, text=LONG))
    before = town.told_events("posts:tagged")[-1]["tags"]

    for tenants in ({"another": {"forbidden": [before[0]]}}, {str(town.tenant): {"forbidden": [before[0]]}}):
        town.world.use(policies(tenants=tenants))
        await town.run(PostInput(ref=ref))

    after = [event["tags"] for event in town.told_events("posts:tagged")]
    assert len(after) == 2
    assert before[0] not in after[-1]
    assert town.runs(ref).count(Stage.TAGS) == 2
