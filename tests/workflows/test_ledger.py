"""The books of a campaign: what the rate allows, how fast it goes, when to look again."""

from datetime import timedelta
from typing import Any

import pytest

from contracts.campaign import CampaignInput, CampaignStepResult, Estimate, Place, Selection, Tally
from tests.build import MOMENT, TENANT, a_tenant
from workflows.ledger import Ledger

SECOND = timedelta(seconds=1)


def a_ledger(**values: Any) -> Ledger:
    known = {"campaign_id": "c1", "selection": Selection(tenant_id=TENANT), "per_second": 5.0}
    ledger = Ledger(CampaignInput.model_validate({**known, **values}), MOMENT)
    ledger.estimate = Estimate(posts=100)
    return ledger


def a_result(told: int = 0, done: int = 0, waiting: int = 1) -> CampaignStepResult:
    place = Place(waiting=tuple(a_tenant() for _ in range(waiting)))
    return CampaignStepResult(place=place, tally=Tally(told=told, done=done))


def test_over_time_no_more_is_allowed_than_the_rate() -> None:
    ledger, told = a_ledger(), 0

    for seconds in range(0, 61, 2):
        step = ledger.step(MOMENT + seconds * SECOND, tells=True)
        ledger.take(a_result(told=step.may_tell), MOMENT + seconds * SECOND)
        told += step.may_tell

    assert told == 10 + 60 * 5  # what a step may tell at once, and then the rate


def test_time_that_was_not_used_is_not_made_up_for() -> None:
    ledger = a_ledger()

    assert ledger.step(MOMENT + 3600 * SECOND, tells=True).may_tell == 20


def test_nobody_is_told_or_read_by_a_step_that_only_looks() -> None:
    step = a_ledger().step(MOMENT, tells=False)

    assert (step.may_tell, step.ahead) == (0, 0)


def test_the_archive_is_read_ahead_but_never_beyond_the_window() -> None:
    assert a_ledger().step(MOMENT, tells=True).ahead == 20
    assert a_ledger(window=4).step(MOMENT, tells=True).ahead == 4


def test_the_pace_is_what_came_to_rest_lately() -> None:
    ledger = a_ledger()
    for seconds in range(2, 62, 2):
        ledger.take(a_result(done=8), MOMENT + seconds * SECOND)

    progress = ledger.progress("running")

    assert progress.per_second_now == pytest.approx(4, abs=0.3)
    assert progress.seconds_left == 0
    assert ledger.progress("paused").per_second_now is None


def test_who_waits_without_news_waits_longer_and_news_ends_that() -> None:
    ledger = a_ledger()
    ledger.take(same := a_result(told=1), MOMENT)
    steps = [ledger.pause_after(MOMENT, MOMENT)]
    for _ in range(3):
        ledger.take(same, MOMENT)
        steps.append(ledger.pause_after(MOMENT, MOMENT))
    ledger.take(a_result(), MOMENT)

    assert [*steps, ledger.pause_after(MOMENT, MOMENT)] == [2, 4, 5, 5, 2]


def test_the_time_a_step_took_is_part_of_the_pause() -> None:
    ledger = a_ledger()

    assert ledger.pause_after(MOMENT, MOMENT + SECOND) == 1
    assert ledger.pause_after(MOMENT, MOMENT + 9 * SECOND) == 0


def test_the_first_posts_are_told_at_once_and_an_archive_without_any_is_read_on() -> None:
    ledger = a_ledger()
    ledger.take(a_result(), MOMENT)
    starts = ledger.goes_on_at_once()
    ledger.take(a_result(told=1), MOMENT)

    told = ledger.goes_on_at_once()
    ledger.take(a_result(waiting=0), MOMENT)

    assert (starts, told, ledger.goes_on_at_once()) == (True, False, True)


def test_what_the_next_run_begins_with_is_where_this_one_is() -> None:
    ledger = a_ledger()
    ledger.take(a_result(told=3, done=2), MOMENT)
    ledger.per_second = 9

    after = Ledger(ledger.next_run(paused=True, why="", shown="paused"), MOMENT + 60 * SECOND)

    assert after.campaign.carried.paused
    assert (after.place, after.tally, after.per_second) == (ledger.place, ledger.tally, 9)
    assert (after.estimate, after.started_at) == (Estimate(posts=100), MOMENT)
