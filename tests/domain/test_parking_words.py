"""What the page of something that is parked says."""

from datetime import timedelta
from typing import Any

from contracts.parking import Parked
from contracts.post import Problem
from contracts.stages import Stage
from domain.moments import ahead
from domain.parking_words import details
from tests.build import MOMENT, a_ref

MIDNIGHT = MOMENT + timedelta(hours=11, minutes=30)
SPENT = Problem(stage=Stage.VISION, error="BudgetExhaustedError", message="spent", goes_on_at=MIDNIGHT)
BROKEN = Problem(stage=Stage.TAGS, error="RejectedError", message="refused")


def a_park(*problems: Problem, **values: Any) -> Parked:
    ref = a_ref()
    known = {
        "tenant_id": ref.tenant_id, "post_id": ref.post_id, "tg_channel_id": ref.tg_channel_id, "trace_id": "t",
        "workflow_id": ref.workflow_id, "run_id": "r", "number": 1, "problems": problems, "since": MOMENT,
        "until": MIDNIGHT, "goes_on_at": MIDNIGHT if any(p.goes_on_at for p in problems) else None,
    }  # fmt: skip
    return Parked.model_validate({**known, **values})


def test_what_waits_says_first_what_can_be_sent_and_then_when_it_goes_on() -> None:
    assert details(a_park(SPENT), MOMENT, "") == (
        'Send update or signal `resolve` with `{"action": "retry"}`, `{"action": "skip"}` or `{"action": "give-up"}`, '
        "or wait: it goes on by itself at 2026-03-02 00:00 UTC (in 11 h 30 min), counted from 12:30.\n\n"
        "**This post waits:**\n- `vision:BudgetExhaustedError`: spent"
    )


def test_what_needs_a_human_says_what_of_it_goes_on_without_one() -> None:
    said = details(a_park(BROKEN, SPENT), MOMENT, "")

    assert "Part of it goes on by itself at 2026-03-02 00:00 UTC" in said
    assert "**This post is stuck:**\n- `tags:RejectedError`: refused\n" in said
    assert said.endswith("`vision:BudgetExhaustedError`: spent (goes on by itself)")


def test_what_only_a_human_can_let_go_on_promises_nothing() -> None:
    said = details(
        a_park(BROKEN.model_copy(update={"optional": False}), what="album"),
        MOMENT,
        "'skip' cannot be decided",
    )

    assert said.startswith(
        'Send update or signal `resolve` with `{"action": "retry"}` or `{"action": "give-up"}`.'
    )
    assert "goes on by itself" not in said
    assert said.endswith("A decision was not taken: 'skip' cannot be decided.")


def test_a_moment_that_is_past_is_now() -> None:
    assert ahead(MOMENT, MOMENT + timedelta(seconds=1)) == "2026-03-01 12:30 UTC (now)"
