"""What a post has of a file: the look that counts for it, whatever else was looked at."""

import pytest

from contracts.post import MediaRef
from contracts.treatment import Treatment
from contracts.vision import Look
from domain.views import versions_of, view
from tests.build import a_file, some_facts

ANALYSIS = Look(features_hash="a", facts=some_facts("всё"))
READING = Look(features_hash="r", facts=some_facts("слова"))
REFUSED = Look(skipped="broken_picture")


def a_treated(how: str, reason: str | None = None, version: str = "") -> MediaRef:
    return a_file(treatment=Treatment.model_validate({"how": how, "reason": reason, "version": version}))


LOOKED = a_treated("analyse")
READ = a_treated("ocr", "ocr_only", "ocr1")
LEFT = a_treated("skip", "channel_skipped")


@pytest.mark.parametrize(("media", "looks", "told"), [
    (LOOKED, {"v1": ANALYSIS}, ("analyse", "v1", None)),
    (LOOKED, {"v1": ANALYSIS, "ocr1": READING}, ("analyse", "v1", None)),
    (LOOKED, {"v0": ANALYSIS}, None),
    (LOOKED, {"v1": REFUSED}, ("skip", "v1", "broken_picture")),
    (READ, {"ocr1": READING}, ("ocr", "ocr1", "ocr_only")),
    (READ, {"ocr1": READING, "v1": ANALYSIS}, ("analyse", "v1", None)),
    (READ, {"ocr1": READING, "v1": REFUSED}, ("ocr", "ocr1", "ocr_only")),
    (READ, {"v1": REFUSED}, None),
    (READ, {"ocr1": REFUSED}, ("skip", "ocr1", "broken_picture")),
    (LEFT, {"v1": ANALYSIS, "ocr1": READING}, ("skip", "", "channel_skipped")),
    (a_file(), {"v1": ANALYSIS}, ("analyse", "v1", None)),
    (a_treated("ocr", "ocr_only", "v1"), {"v1": ANALYSIS}, ("ocr", "v1", "ocr_only")),
], ids=[
    "looked at", "both", "of another version", "refused by the provider", "read", "read, but analysed for another post",
    "read, and refused by the provider", "not read yet", "refused by the reader", "left out", "nobody asked the policy",
    "one that looks and reads alike",
])  # fmt: skip
def test_the_treatment_chooses_the_look(
    media: MediaRef, looks: dict[str, Look], told: tuple[str, ...] | None
) -> None:
    found = view(media, looks, "v1")

    assert (found and (found.how, found.version, found.reason)) == told


@pytest.mark.parametrize(("looks", "told"), [
    ({"ocr1": READING}, ("ocr", "ocr_budget")), ({"ocr1": READING, "v1": ANALYSIS}, ("analyse", None)), ({}, None),
    ({"ocr1": REFUSED}, ("skip", "broken_picture")),
])  # fmt: skip
def test_ocr_stands_in_for_what_nothing_was_left_to_pay_for(
    looks: dict[str, Look], told: tuple[str, ...] | None
) -> None:
    found = view(LOOKED, looks, "v1", fallback="ocr1")

    assert (found and (found.how, found.reason)) == told


def test_what_is_skipped_shows_nothing_of_what_another_post_had_looked_at() -> None:
    found = view(LEFT, {"v1": ANALYSIS}, "v1")

    assert found is not None
    assert (found.picture.facts, found.picture.skipped) == (None, "channel_skipped")


def test_the_record_says_what_was_wanted_where_something_else_came_of_it() -> None:
    budget, known = view(LOOKED, {"ocr1": READING}, "v1", "ocr1"), view(READ, {"ocr1": READING}, "v1")

    assert budget is not None and known is not None
    assert budget.record() == {"how": "ocr", "version": "ocr1", "reason": "ocr_budget", "wanted": "analyse"}
    assert known.record() == {"how": "ocr", "version": "ocr1", "reason": "ocr_only"}


def test_the_versions_are_those_of_files_that_are_read() -> None:
    assert versions_of([LOOKED, READ, LEFT, a_file()]) == {"ocr1"}
