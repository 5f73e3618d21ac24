"""How what waits is listed and counted: what needs a human first, then what goes on by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.errors import CommandError
from cli.stuck.listing import Stuck, Which
from cli.stuck.screen import show_groups, show_list
from cli.stuck.work import grouped
from tests.build import CHANNEL, MOMENT, TENANT
from tests.cli.shown import in_lines, on_terminal

LINK = "https://t.me/c/1234567890/7"
NOW = MOMENT + timedelta(hours=3, minutes=2)


MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def one(number: int = 7, **values: Any) -> Stuck:
    known: dict[str, Any] = {
        "name": LINK,
        "kind": "post",
        "workflow_id": f"post:{TENANT}:{CHANNEL}:{number}",
        "reason": "tags:RejectedError",
        "tenant": "acme",
        "channel": "Город",
        "tg_channel_id": CHANNEL,
        "number": number,
        "link": LINK,
        "message": "the tagger refuses",
        "since": MOMENT,
        "until": MOMENT + timedelta(days=7),
        "tries": 3,
    }
    return Stuck(**{**known, **values})


def deferred(number: int = 8, **values: Any) -> Stuck:
    own = {
        "reason": "vision:BudgetExhaustedError",
        "message": "the budget of the day is spent",
        "until": None,
    }
    return one(number, **{**own, "goes_on_at": MIDNIGHT, "needs_human": False, "tries": 1, **values})


def test_each_has_its_reason_its_sentence_its_age_and_the_next_command() -> None:
    shown = on_terminal(lambda screen: show_list([one()], 20, "postloom", screen, NOW))

    assert f"{LINK}  tags:RejectedError" in shown
    assert "acme: waits 3 h 2 min, 6 d 20 h left, 3 tries" in shown
    assert "  the tagger refuses" in shown
    assert f"  postloom resolve {LINK} retry" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_where_nobody_looks_each_is_one_line_under_the_names() -> None:
    names, row = in_lines(lambda screen: show_list([one()], 20, "postloom", screen, NOW)).splitlines()

    assert names.split("\t") == ["what", "reason", "sentence", "since", "until", "goes on", "tries", "do"]
    assert row.split("\t")[-1] == f"postloom resolve {LINK} retry"


def test_an_album_and_a_picture_are_called_by_channel_and_number() -> None:
    album = one(5, kind="album", name="album:x", link=None)

    assert "album Город #5  tags" in on_terminal(lambda screen: show_list([album], 20, "p", screen, NOW))


def test_what_takes_no_decisions_is_listed_too_and_looked_at_with_the_engines_own_command() -> None:
    stray = one(kind="SweepWorkflow", workflow_id="sweep:1", name="sweep:1", link=None)

    shown = on_terminal(lambda screen: show_list([stray], 20, "postloom", screen, NOW))

    assert "SweepWorkflow sweep:1" in shown
    assert "temporal workflow describe --workflow-id sweep:1" in shown


def test_one_that_was_not_recorded_is_listed_all_the_same() -> None:
    bare = one(message=None, since=None, until=None, tries=0)

    shown = on_terminal(lambda screen: show_list([bare], 20, "postloom", screen, NOW))

    assert "waits ?" in shown
    assert "not recorded" in shown


def test_what_does_not_fit_is_counted_and_leads_to_the_groups() -> None:
    shown = on_terminal(lambda screen: show_list([one(n) for n in range(5)], 2, "postloom", screen, NOW))

    assert shown.startswith("5 waiting for you")
    assert "3 more: postloom stuck --by reason" in shown


def test_nothing_that_waits_is_said() -> None:
    assert in_lines(lambda screen: show_list([], 20, "p", screen, NOW)) == "nothing waits for you\n"
    assert in_lines(lambda screen: show_groups([], screen, NOW)) == "nothing waits for you\n"


@pytest.mark.parametrize(
    ("by", "first"),
    [
        ("reason", ("tags:RejectedError", "postloom resolve --reason tags:RejectedError retry")),
        ("channel", ("Город", f"postloom resolve --channel {CHANNEL} retry")),
        ("tenant", ("acme", "postloom resolve --tenant acme retry")),
    ],
)
def test_groups_have_their_count_and_a_command_for_all_of_them(by: str, first: tuple[str, str]) -> None:
    found = [one(1), one(2), one(3, reason="graph:E", tg_channel_id=1, channel="Село", tenant="other")]

    groups = grouped(found, by, "postloom")

    assert [group["count"] for group in groups] == [2, 1]
    assert (groups[0]["group"], groups[0]["do"]) == first
    assert first[1] in on_terminal(lambda screen: show_groups(groups, screen, NOW))


def test_one_that_is_stuck_at_several_stages_counts_for_every_reason() -> None:
    both = ({"stage": "tags", "error": "RejectedError"}, {"stage": "graph", "error": "E"})

    groups = grouped([one(1, problems=both), one(2), one(3, problems=both[:1])], "reason", "postloom")

    assert [(group["group"], group["count"]) for group in groups] == [
        ("tags:RejectedError", 3),
        ("graph:E", 1),
    ]


def test_the_command_of_a_group_stays_with_the_tenant_that_was_asked_for() -> None:
    [group] = grouped([one()], "reason", "postloom", "acme")

    assert group["do"] == "postloom resolve --reason tags:RejectedError --tenant acme retry"


def test_only_what_runs_is_asked_for() -> None:
    which = Which("tags:E", TENANT, (1, -2))

    assert which.query() == (
        "TgState IN ('needs_human', 'deferred') AND ExecutionStatus='Running' "
        f"AND TgTenant='{TENANT}' AND (TgChannel='1' OR TgChannel='-2')"
    )


@pytest.mark.parametrize("reason", ["tags", "' OR 1=1", "tags:E'"])
def test_what_is_no_reason_never_gets_into_a_query(reason: str) -> None:
    with pytest.raises(CommandError, match="is no reason"):
        Which.of(reason)


def test_what_goes_on_by_itself_says_when_in_utc_and_from_now() -> None:
    shown = on_terminal(lambda screen: show_list([deferred()], 20, "postloom", screen, NOW))

    assert shown.startswith("nothing waits for you, 1 goes on by itself")
    assert "acme: waits 3 h 2 min, goes on 2026-03-02 00:00 UTC (in 8 h 28 min)" in shown
    assert f"  postloom resolve {LINK} retry" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_where_nobody_looks_the_moment_has_a_column_of_its_own() -> None:
    found = [one(), deferred(), one(9, goes_on_at=MIDNIGHT)]

    names, *rows = in_lines(lambda screen: show_list(found, 20, "postloom", screen, NOW)).splitlines()

    column = names.split("\t").index("goes on")
    goes_on = "2026-03-02 00:00 UTC (in 8 h 28 min)"
    assert [row.split("\t")[column] for row in rows] == ["", goes_on, goes_on]


def test_both_are_counted_apart() -> None:
    found = [one(1), deferred(2), deferred(3)]

    shown = on_terminal(lambda screen: show_list(found, 20, "postloom", screen, NOW))

    assert shown.startswith("1 waiting for you, 2 go on by themselves")


def test_groups_count_both_and_those_that_need_somebody_come_first() -> None:
    found = [deferred(1), deferred(2, goes_on_at=MIDNIGHT + timedelta(days=1)), one(3)]

    groups = grouped(found, "reason", "postloom")

    assert [(g["group"], g["count"], g["need_you"]) for g in groups] == [
        ("tags:RejectedError", 1, 1),
        ("vision:BudgetExhaustedError", 2, 0),
    ]
    shown = on_terminal(lambda screen: show_groups(groups, screen, NOW))
    assert "2 by themselves, the first 2026-03-02 00:00 UTC (in 8 h 28 min)" in shown
    assert "postloom resolve --reason vision:BudgetExhaustedError retry" in shown
