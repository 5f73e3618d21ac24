"""How a campaign paces itself, and what it says of itself."""

from typing import Any

import pytest

from contracts.campaign import CampaignProgress, Estimate, Selection
from domain import campaigns
from tests.build import TENANT


def a_progress(**values: Any) -> CampaignProgress:
    known = {"campaign_id": "c1", "selection": Selection(tenant_id=TENANT), "estimate": Estimate(posts=1000)}
    return CampaignProgress.model_validate({**known, **values})


@pytest.mark.parametrize(
    ("per_second", "window", "seconds"),
    [(5, 50, 2.0), (100, 50, 0.5), (1, 50, 5.0), (0.1, 50, 10.0), (0.001, 50, 60.0), (5, 1, 0.5)],
)
def test_a_step_tells_about_ten_posts_or_at_least_one(per_second: float, window: int, seconds: float) -> None:
    assert campaigns.step_seconds(per_second, window, 0.5) == pytest.approx(seconds)


def test_credit_grows_with_time_and_is_not_saved_up() -> None:
    assert campaigns.credit(0, 2, 5, 2) == 10
    assert campaigns.credit(3, 1, 5, 2) == 8
    assert campaigns.credit(0, 3600, 5, 2) == 20


def test_who_only_waits_looks_less_and_less_often() -> None:
    assert [campaigns.idle_seconds(0.5, idle) for idle in range(6)] == [0.5, 1, 2, 4, 5, 5]
    assert campaigns.idle_seconds(30, 9) == 30


@pytest.mark.parametrize(
    ("at_rest", "shown", "worth"), [(0, 0, False), (49, 0, False), (50, 0, True), (1000, 999, True)]
)
def test_lists_hear_of_every_twentieth_part_and_of_the_end(at_rest: int, shown: int, worth: bool) -> None:
    assert campaigns.is_worth_showing(at_rest, shown, 1000) is worth


def test_the_time_left_follows_from_the_pace() -> None:
    assert campaigns.seconds_left(600, Estimate(posts=1000), 4) == 100
    assert campaigns.seconds_left(0, Estimate(posts=1000), None) is None
    assert campaigns.seconds_left(0, None, 4) is None


def test_lists_show_how_far_it_is() -> None:
    assert campaigns.stage_words(a_progress(done=600, parked=20)) == "620/1000"
    assert campaigns.stage_words(a_progress(estimate=None)) == "estimate"
    assert campaigns.stage_words(a_progress(dry_run=True)) == "dry run"


def test_its_page_begins_with_what_can_be_sent_and_says_why_it_waits() -> None:
    details = campaigns.details(
        a_progress(state="paused", why="UnavailableError: no answer", done=3, under_way=2)
    )

    assert details.startswith("Send signal `pause`")
    assert "It paused by itself: UnavailableError: no answer" in details
    assert "3 of 1000 posts at rest: 3 done, 0 parked; 2 under way" in details


def test_the_page_of_one_that_is_over_asks_for_nothing() -> None:
    assert campaigns.details(a_progress(state="finished")).startswith("**finished**")
