"""What may be decided, and the sentence for what may not."""

import pytest

from contracts.post import Decision, Problem
from contracts.stages import Stage
from domain.decisions import ALBUM_ACTIONS, POST_ACTIONS, objection

STUCK = (Problem(stage=Stage.TAGS, error="RejectedError", message="no"),)


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
    assert objection(decision, STUCK, POST_ACTIONS) is None


@pytest.mark.parametrize(
    ("decision", "sentence"),
    [
        (Decision(action="explode"), "'explode' cannot be decided: send retry, skip or give-up"),
        (Decision(action="skip", stage="vectros"), "vectros is not stuck; stuck: tags"),
        (Decision(action="retry", stage="tags"), "a stage belongs to skip only, not to retry"),
    ],
)
def test_a_decision_that_does_not_fit_is_answered_in_words(decision: Decision, sentence: str) -> None:
    assert objection(decision, STUCK, POST_ACTIONS) == sentence


def test_nothing_can_be_decided_where_nothing_is_stuck_or_somebody_has_just_decided() -> None:
    assert objection(Decision(action="retry"), (), POST_ACTIONS) is not None
    assert (
        objection(Decision(action="retry"), STUCK, POST_ACTIONS, decided=True) == "somebody has just decided"
    )


def test_an_album_has_no_stage_to_leave_out() -> None:
    assert objection(Decision(action="skip"), STUCK, ALBUM_ACTIONS) is not None
