"""What posts are measured by: a tenant's words are its own, and OCR is done by whoever is here."""

from typing import Any

import pytest

from contracts.identity import tenant_id
from contracts.stages import Stage
from domain import build
from domain.policy import Policies
from domain.standards import Standards
from domain.treating import Surroundings
from tests.build import TENANT, VERSIONS, a_file, a_state

OTHER = tenant_id("other")


def standards(ocr: str = "", **policies: Any) -> Standards:
    return Standards(VERSIONS, Policies.model_validate(policies), ocr)


def test_a_changed_vocabulary_makes_stale_the_tags_of_its_tenant_alone() -> None:
    before, after = standards(), standards(tags={"tenants": {"other": {"forbidden": ["реклама"]}}})

    assert before.of(TENANT) == after.of(TENANT)
    changed = before.of(OTHER).model_dump().items() ^ after.of(OTHER).model_dump().items()
    assert {name for name, _ in changed} == {"tags"}


def test_changed_defaults_reach_those_who_say_nothing_of_it() -> None:
    own = {"other": {"generic": ["новости"]}}
    before = standards(tags={"tenants": own})
    after = standards(tags={"tenants": own, "defaults": {"generic": ["разное"]}})

    assert before.of(TENANT).tags != after.of(TENANT).tags
    assert before.of(OTHER).tags == after.of(OTHER).tags


@pytest.mark.parametrize("name", ["other", str(OTHER)])
def test_a_tenant_is_meant_by_its_name_or_its_id(name: str) -> None:
    measured = standards(tags={"tenants": {name: {"max_tags": 2}}})

    assert (measured.vocabulary(OTHER).max_tags, measured.vocabulary(TENANT).max_tags) == (2, 5)


READ = {"rules": [{"name": "r", "then": "ocr"}]}


@pytest.mark.parametrize(
    ("ocr", "told"), [("ocr1", ("ocr", "ocr_only", "ocr1")), ("", ("skip", "ocr_unavailable", ""))]
)
def test_words_are_read_by_whoever_is_here_or_not_at_all(ocr: str, told: tuple[str, ...]) -> None:
    [media] = standards(ocr, vision=READ).treated(Surroundings(TENANT), [a_file()])

    assert media.treatment is not None
    assert (media.treatment.how, media.treatment.reason, media.treatment.version) == told


@pytest.mark.parametrize(("when", "ocr", "fallback"), [("wait", "o", ""), ("ocr", "o", "o"), ("ocr", "", "")])
def test_ocr_stands_in_where_the_policy_and_somebody_here_can(when: str, ocr: str, fallback: str) -> None:
    assert standards(ocr, vision={"when_budget_is_spent": when}).fallback == fallback


def vision_of(measured: Standards, around: Surroundings) -> str:
    state = a_state(media=measured.treated(around, [a_file()]), versions=measured.of(around.tenant_id))
    return build.fingerprint(state, Stage.VISION)


HERE, THERE = Surroundings(TENANT, 1, "here"), Surroundings(TENANT, 2, "there")
RULE = {"name": "r", "when": {"channels": ["@here"]}, "then": "skip"}


@pytest.mark.parametrize(("after", "stale"), [
    ({"rules": [RULE]}, {"here"}),
    ({"rules": [{**RULE, "then": "ocr"}]}, {"here"}),
    ({"rules": [{**RULE, "then": "analyse"}]}, set()),
    ({"skip_small_images_kb": 1}, {"here", "there"}),
    ({"max_image_mb": 1}, set()),
    ({"when_budget_is_spent": "ocr"}, set()),
    ({"per_post_max_images": 1}, set()),
], ids=["skipped", "read", "as before", "too small", "still not too large", "budget", "not too many"])  # fmt: skip
def test_a_changed_policy_makes_stale_what_it_treats_differently(
    after: dict[str, Any], stale: set[str]
) -> None:
    before, now = standards("ocr1"), standards("ocr1", vision=after)

    assert {a.username for a in (HERE, THERE) if vision_of(before, a) != vision_of(now, a)} == stale


def test_another_name_of_a_rule_makes_nothing_stale_and_another_reason_does() -> None:
    one, renamed, other = (
        standards(vision={"rules": [{**RULE, **values}]})
        for values in ({}, {"name": "s"}, {"reason": "memes"})
    )

    assert vision_of(one, HERE) == vision_of(renamed, HERE) != vision_of(other, HERE)


def test_another_reader_makes_stale_what_is_read() -> None:
    one, other = (standards(ocr, vision={"rules": [{**RULE, "then": "ocr"}]}) for ocr in ("ocr1", "ocr2"))

    assert vision_of(one, HERE) != vision_of(other, HERE)
    assert vision_of(one, THERE) == vision_of(other, THERE)


def test_the_version_of_looks_changes_only_with_what_changes_an_answer() -> None:
    plain, limited = Policies(), Policies.model_validate({"vision": {"max_pixels": 10}})
    ruled = Policies.model_validate(
        {"vision": {"max_image_mb": 1, "rules": [RULE], "when_budget_is_spent": "ocr"}}
    )

    assert plain.vision_version() == ruled.vision_version() != limited.vision_version()
