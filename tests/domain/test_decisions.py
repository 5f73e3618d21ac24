"""What may be decided, and the sentence for what may not."""

from typing import Any

import pytest

from contracts.post import Decision, Problem, Step
from contracts.stages import Stage
from domain.decisions import left_out, objection

STUCK = (Problem(stage=Stage.TAGS, error="RejectedError", message="no"),)


def a_problem(stage: Step, **values: Any) -> Problem:
    return Problem.model_validate({"stage": stage, "error": "E", "message": "no", **values})


@pytest.mark.parametrize(
    "decision",
    [
        Decision(action="retry"),
        Decision(action="skip"),
        Decision(action="skip", stage="tags"),
        Decision(action="give-up"),
    ],
)
def test_a_decision_that_fits_is_taken(decision: Decision) -> None:
    assert objection(decision, STUCK) is None


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (Decision(action="explode"), "'explode' cannot be decided: send retry, skip or give-up"),
        (Decision(action="skip", stage="vectros"), "vectros is not stuck; stuck: tags"),
        (Decision(action="retry", stage="tags"), "a stage belongs to skip only, not to retry"),
    ],
)
def test_a_decision_that_does_not_fit_is_answered_in_words(decision: Decision, sentence: str) -> None:
    assert objection(decision, STUCK) == sentence


def test_nothing_can_be_decided_where_nothing_is_stuck_or_somebody_has_just_decided() -> None:
    assert objection(Decision(action="retry"), ()) is not None
    assert objection(Decision(action="retry"), STUCK, decided=True) == "somebody has just decided"


def test_where_nothing_can_be_left_out_there_is_nothing_to_skip() -> None:
    album = (a_problem(Stage.PERSIST, optional=False),)

    assert objection(Decision(action="skip"), album) == "'skip' cannot be decided: send retry or give-up"


def test_of_what_is_stuck_only_what_can_be_left_out_is() -> None:
    problems = (a_problem(Stage.VISION), a_problem("announce", optional=False), *STUCK)

    assert left_out(Decision(action="skip"), problems) == {Stage.VISION, Stage.TAGS}
    assert left_out(Decision(action="skip", stage="tags"), problems) == {Stage.TAGS}
    assert left_out(Decision(action="retry"), problems) == set()
    assert objection(Decision(action="skip", stage="announce"), problems) == "announce cannot be left out"


def test_a_problem_of_an_earlier_version_may_be_left_out() -> None:
    old = Problem.model_validate_json('{"stage": "tags", "error": "E", "message": "no"}')

    assert (old.stage, old.optional, old.reason) == (Stage.TAGS, True, "tags:E")
