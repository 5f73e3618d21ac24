"""What decisions are about."""

from typing import Any

import pytest

from cli.resolve.batch import can, meant
from cli.resolve.words import decided
from cli.stuck.listing import Stuck
from contracts.post import Decision
from tests.cli.test_stuck import one


@pytest.mark.parametrize(
    ("words", "subject", "action", "stage"),
    [
        (["post:1", "retry"], "post:1", "retry", None),
        (["post:1", "skip"], "post:1", "skip", None),
        (["post:1", "skip", "vision"], "post:1", "skip", "vision"),
        (["give-up"], None, "give-up", None),
        (["skip", "tags"], None, "skip", "tags"),
    ],
)
def test_words_say_whom_and_what(
    words: list[str], subject: str | None, action: str, stage: str | None
) -> None:
    told = decided(words, "anna", "why not")

    assert told == (subject, Decision(action=action, stage=stage, by="anna", note="why not"))


def stuck_at(*stages: str, **values: Any) -> Stuck:
    problems = tuple({"stage": stage, "error": "E", "optional": stage != "announce"} for stage in stages)
    return one(problems=problems, **values)


def test_all_that_park_may_be_retried_and_given_up() -> None:
    assert can(one(kind="album"), Decision(action="retry"))
    assert can(one(kind="channel picture"), Decision(action="give-up"))
    assert not can(one(kind="SweepWorkflow"), Decision(action="retry"))


def test_only_posts_that_are_stuck_there_may_do_without_a_stage() -> None:
    skip = Decision(action="skip", stage="tags")

    assert can(stuck_at("vision", "tags"), skip)
    assert not can(stuck_at("vision"), skip)
    assert not can(stuck_at("tags", kind="album"), skip)
    assert can(stuck_at("vision"), Decision(action="skip"))


def test_what_nothing_can_be_left_out_of_is_not_told_to_skip() -> None:
    assert not can(stuck_at("announce"), Decision(action="skip"))
    assert not can(stuck_at("announce", "tags"), Decision(action="skip", stage="announce"))
    assert can(stuck_at("announce", "tags"), Decision(action="skip"))
    assert can(one(problems=()), Decision(action="skip"))  # what is not on record may be anything


@pytest.mark.parametrize(
    ("decision", "reason", "stage"),
    [
        (Decision(action="skip"), "tags:RejectedError", "tags"),
        (Decision(action="skip", stage="graph"), "tags:RejectedError", "graph"),
        (Decision(action="skip"), None, None),
        (Decision(action="retry"), "tags:RejectedError", None),
    ],
)
def test_all_of_a_reason_do_without_what_the_reason_names(
    decision: Decision, reason: str | None, stage: str | None
) -> None:
    assert meant(decision, reason) == decision.model_copy(update={"stage": stage})
