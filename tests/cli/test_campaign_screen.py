"""How campaigns are told on the screen, and what they are called."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from cli.campaign.following import in_short
from cli.campaign.screen import as_facts, show_end, show_estimate, show_list, show_progress
from cli.campaign.wish import moment
from cli.errors import CommandError
from cli.screen import Screen
from contracts.campaign import CampaignProgress, Estimate, Selection
from contracts.stages import Stage
from tests.build import TENANT


def a_screen() -> tuple[Screen, StringIO]:
    text = StringIO()
    return Screen(Console(file=text, width=200)), text


def a_progress(**values: Any) -> CampaignProgress:
    known = {
        "campaign_id": "abc",
        "selection": Selection(tenant_id=TENANT),
        "title": "tag again the posts of acme",
        "estimate": Estimate(posts=1000, tagger_calls=900),
        "told": 632,
        "done": 618,
        "parked": 2,
        "under_way": 12,
        "per_second_now": 4.9,
        "seconds_left": 78.0,
    }
    return CampaignProgress.model_validate({**known, **values})


def test_the_estimate_says_what_it_would_cost() -> None:
    screen, text = a_screen()

    show_estimate("tag again the posts of acme", Estimate(posts=1000, tagger_calls=900), 5, screen)

    said = text.getvalue()
    assert "Tag again the posts of acme" in said
    assert [line.split()[-1] for line in said.splitlines()[1:3]] == ["1000", "900"]
    assert "3 min 20 s or more, at 5 posts/s" in said


def test_the_estimate_of_stale_posts_says_which_stages() -> None:
    screen, text = a_screen()

    show_estimate("x", Estimate(posts=3, stages={Stage.TAGS: 2, Stage.VECTORS: 3}), 5, screen)

    assert "stale: tags" in text.getvalue()
    assert "stale: vectors" in text.getvalue()


def test_an_empty_selection_is_said_to_be_empty() -> None:
    screen, text = a_screen()

    show_estimate("x", Estimate(), 5, screen)

    assert "there is no such post: nothing to do" in text.getvalue()


def test_progress_says_where_it_stands_and_how_long_it_takes() -> None:
    screen, text = a_screen()

    show_progress(a_progress(), "acme", screen)

    said = text.getvalue()
    assert "tag again the posts of acme: running" in said
    assert "620 of 1000 posts at rest: 618 done, 2 parked; 12 under way; 4.9 posts/s" in said
    assert "1 min" in said or "78.0 s" in said
    assert f"campaign:{TENANT}:abc" in said


def test_the_end_says_where_parked_posts_are() -> None:
    screen, text = a_screen()

    show_end(a_progress(state="finished", under_way=0, per_second_now=None), screen)

    assert text.getvalue().startswith("finished: 620 of 1000 posts at rest: 618 done, 2 parked\n")
    assert "`postloom stuck`" in text.getvalue()


def test_beside_a_bar_there_are_few_words() -> None:
    assert in_short(a_progress()) == "620 of 1000 posts, 2 parked, 4.9/s"
    assert in_short(a_progress(state="paused", parked=0, per_second_now=None)) == "618 of 1000 posts, paused"
    assert in_short(a_progress(estimate=None)) == "counting the posts"


def test_json_names_the_workflow() -> None:
    assert as_facts(a_progress())["workflow_id"] == f"campaign:{TENANT}:abc"


def test_no_campaign_is_said_so() -> None:
    screen, text = a_screen()

    show_list([], screen)

    assert "no campaign is known" in text.getvalue()


def test_a_day_is_its_beginning_in_utc() -> None:
    assert moment("2026-03-01") == datetime(2026, 3, 1, tzinfo=UTC)
    assert moment(None) is None
    with pytest.raises(CommandError, match="write a day"):
        moment("yesterday")
