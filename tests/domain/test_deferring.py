"""What goes on by itself, when, and which parks are one and the same."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.post import Problem
from contracts.stages import Stage
from domain.deferring import are_the_same, goes_on_at, in_order, need_human, one_of_each
from tests.build import MOMENT

SOON, LATER = MOMENT + timedelta(hours=1), MOMENT + timedelta(hours=9)


def spent(until: datetime | None = LATER, stage: Stage = Stage.VISION, **values: Any) -> Problem:
    known = {"stage": stage, "error": "BudgetExhaustedError", "message": "spent", "goes_on_at": until}
    return Problem.model_validate({**known, **values})


def braked(until: datetime) -> Problem:
    return spent(until, error="BrakedError")


def told_to_wait(until: datetime) -> Problem:
    return spent(until, error="RateLimitedError")


BROKEN = spent(None, Stage.TAGS, error="RejectedError")


def test_a_human_is_needed_as_soon_as_one_thing_does_not_go_on_by_itself() -> None:
    assert not need_human([spent(), braked(SOON)])
    assert need_human([spent(), BROKEN])


def test_what_needs_a_human_comes_first_and_gives_the_reason_of_lists() -> None:
    assert in_order([spent(), braked(SOON), BROKEN]) == (BROKEN, spent(), braked(SOON))


def test_of_problems_alike_the_soonest_is_kept() -> None:
    assert one_of_each([spent(LATER), BROKEN, spent(SOON)]) == (spent(SOON), BROKEN)


def test_of_problems_alike_the_one_that_needs_a_human_is_kept() -> None:
    assert one_of_each([spent(SOON), spent(None), spent(SOON)]) == (spent(None),)


def test_it_is_tried_again_when_the_first_of_them_may_be() -> None:
    assert goes_on_at([BROKEN, spent(LATER), spent(SOON, Stage.CRAWL)], MOMENT, 60, 0) == SOON
    assert goes_on_at([BROKEN], MOMENT, 60, 0) is None


@pytest.mark.parametrize(
    ("problem", "minutes"), [(spent(MOMENT), 1), (braked(MOMENT), 5), (told_to_wait(MOMENT), 5)]
)
def test_between_two_tries_there_is_a_rest_and_a_longer_one_for_a_provider(
    problem: Problem, minutes: int
) -> None:
    assert goes_on_at([problem], MOMENT, 60, 0) == MOMENT + timedelta(minutes=minutes)


@pytest.mark.parametrize(("problem", "minutes"), [(spent(SOON), 15), (braked(SOON), 5)])
def test_those_who_wait_for_one_moment_are_spread_after_it(problem: Problem, minutes: int) -> None:
    tries = [goes_on_at([problem], MOMENT, 60, place) for place in (0, 0.5, 1)]

    assert tries == [SOON, SOON + timedelta(minutes=minutes / 2), SOON + timedelta(minutes=minutes)]


def test_who_waits_for_a_minute_does_not_wait_for_a_quarter_of_an_hour_more() -> None:
    minute = timedelta(minutes=1)

    assert goes_on_at([spent(MOMENT + minute)], MOMENT, 60, 1) == MOMENT + 2 * minute


def test_a_park_that_goes_on_by_itself_is_the_same_while_the_same_waits() -> None:
    assert are_the_same([spent(SOON)], [spent(LATER)])
    assert not are_the_same([spent()], [spent(), spent(stage=Stage.CRAWL)])


def test_a_park_that_needs_a_human_is_the_same_while_the_same_needs_one() -> None:
    assert are_the_same([BROKEN, spent()], [BROKEN])
    assert not are_the_same([BROKEN, spent()], [spent()])
    assert not are_the_same([spent()], [spent(None)])


def test_midnight_is_midnight_in_utc() -> None:
    midnight = datetime(2026, 3, 2, tzinfo=UTC)

    assert goes_on_at([spent(midnight)], midnight - timedelta(hours=5), 60, 0) == midnight
