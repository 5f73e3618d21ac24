"""What status says of a backlog, of what does not answer, and on a small screen."""

import asyncio
import io
from datetime import timedelta
from typing import Any

import pytest
from rich.console import Console
from rich.text import Text

from cli.main import run
from cli.pace import Pace
from cli.patience import NoAnswerError, answered
from cli.screen import Screen
from cli.status.screen import show
from cli.status.work import cut
from tests.build import MOMENT

NOTHING = {"limit": None, "used": 0, "reserved": 0, "left": None}


def _facts(**other: Any) -> dict[str, Any]:
    return {
        "service": {"running": True, "ready": True, "checks": {}}, "addresses": {}, "posts": [], "unfinished": [],
        "stages": [], "albums": [], "channel_pictures": [], "outbox": [], "streams": [], "workflows": None, "fills": [],
        "spending": {"today": [], "brakes": []}, **other,
    }  # fmt: skip


def _shown(facts: dict[str, Any]) -> str:
    file = io.StringIO()
    show(facts, Screen(Console(file=file, width=80, color_system=None)))
    return file.getvalue()


def test_a_lag_that_was_not_counted_to_its_end_says_so() -> None:
    group = {"name": "starter", "lag": 1000, "pending": 5, "lag_at_least": True}
    stream = {"stream": "s", "length": 3000, "dead_letters": 0, "groups": [group]}

    assert "starter 1000+, 5" in _shown(_facts(streams=[stream]))


def test_a_redis_that_does_not_answer_is_named() -> None:
    assert "Redis does not answer" in _shown(_facts(streams=None))


def test_channel_pictures_are_named_where_there_are_some() -> None:
    row = {"tenant": "acme", "pictures": 3, "unrecorded": 1}

    assert "acme: 3 channel pictures, 1 of them not looked at yet" in _shown(_facts(channel_pictures=[row]))
    assert "channel picture" not in _shown(_facts())


def test_a_collection_that_is_being_filled_says_how_far_it_is() -> None:
    fill = {"tenant": "reader", "wanted": "new", "searched": "old", "posts": 40, "filled": 12}

    told = _shown(_facts(fills=[fill]))

    assert "12/40 posts" in told
    assert "being filled" not in _shown(_facts(fills=[])) + _shown(_facts(fills=None))


def test_what_was_spent_today_and_who_is_left_in_peace_is_a_line_each() -> None:
    everything = {
        "stage": "", "tokens": {"limit": 1000, "used": 200, "reserved": 50, "left": 750}, "requests": 7, "calls": 9,
        "microunits": {"limit": None, "used": 1_250_000, "reserved": 0, "left": None},
    }  # fmt: skip
    city = {"tenant": "city", "currency": "RUB", "budgets": [everything]}
    poor = {
        "tenant": "poor",
        "currency": "RUB",
        "budgets": [{**everything, "microunits": {**NOTHING, "limit": 5 * 10**6}}],
    }
    free = {
        "tenant": "free",
        "currency": "",
        "budgets": [{**everything, "tokens": {**NOTHING, "used": 3}, "microunits": NOTHING}],
    }
    brake = {
        "provider": "gigachat", "failures": 3, "last_error": "UnavailableError: 503", "now": MOMENT,
        "opened_at": MOMENT - timedelta(seconds=45), "probe_at": MOMENT + timedelta(seconds=12),
    }  # fmt: skip

    told = " ".join(_shown(_facts(spending={"today": [city, poor, free], "brakes": [brake]})).split())

    assert "city: 250 of 1000 tokens, 1.25 RUB, 7 requests" in told
    assert "poor: 250 of 1000 tokens, 0.00 of 5.00 RUB, 7 requests" in told
    assert "free: 3 tokens, 7 requests" in told
    assert (
        "gigachat is left in peace since 45 s: 3 failures in a row, asked again in 12 s (UnavailableError: 503)"
        in told
    )
    assert "Spent" not in _shown(_facts())


def test_posts_per_second_and_the_time_left_are_shown_while_something_moves() -> None:
    moments = iter([0.0, 2.0, 4.0, 100.0])
    pace = Pace(lambda: next(moments))

    assert pace.look([{"state": "pending", "posts": 30}]) is None
    assert pace.look([{"state": "pending", "posts": 20}, {"state": "indexed", "posts": 10}]) == (
        "5.0 posts/s, 4.0 s left"
    )
    assert pace.look([{"state": "indexed", "posts": 30}]) is None
    assert pace.look([{"state": "pending", "posts": 5}, {"state": "indexed", "posts": 30}]) is None


def test_what_does_not_fit_is_counted() -> None:
    page = Text("\n".join("abcdef"))

    assert cut(page, 4).plain == "a\nb\nc\n… 3 more lines"
    assert cut(page, 6).plain == page.plain


async def test_what_hangs_is_left_behind() -> None:
    with pytest.raises(NoAnswerError, match="Redis does not answer"):
        await answered("Redis", asyncio.Event().wait(), 0.01)


def test_watching_in_json_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status", "--watch", "--json"]) == 2

    assert "do not go together" in capsys.readouterr().err


def test_deleted_posts_are_counted_apart_from_those_that_are_there() -> None:
    posts = [{"tenant": "acme", "state": state, "posts": n} for state, n in (("indexed", 3), ("deleted", 2))]

    shown = _shown(_facts(posts=posts))

    assert "acme: 2 deleted" in shown
    assert next(line for line in shown.splitlines() if line.startswith("acme")).split()[1] == "3"


def test_what_waits_for_somebody_leads_to_the_command_that_lists_it() -> None:
    workflows = {
        "open": {"PostWorkflow": {"needs_human": 2}}, "stuck": {"tags:RejectedError": 2}, "deferred": {},
    }  # fmt: skip

    shown = _shown(_facts(workflows=workflows))

    assert "2 need you: `postloom stuck`" in shown
    assert "2 stuck at tags:RejectedError" in shown


def test_what_goes_on_by_itself_is_counted_apart_from_what_needs_somebody() -> None:
    deferred = {"vision:BudgetExhaustedError": 30, "crawl:BrakedError": 10}
    workflows = {"open": {}, "stuck": {"tags:RejectedError": 3}, "deferred": deferred}

    shown = _shown(_facts(workflows=workflows))

    assert "3 need you, 40 go on by themselves: `postloom stuck`" in shown
    assert "30 deferred at vision:BudgetExhaustedError" in shown
    assert "need you" not in _shown(_facts(workflows={**workflows, "stuck": {}}))


def test_dead_letters_lead_to_the_command_that_lists_them() -> None:
    stream = {"stream": "s", "length": 3, "dead_letters": 4, "groups": []}

    assert "4 dead letters: `postloom dlq list`" in _shown(_facts(streams=[stream]))
    assert "dlq" not in _shown(_facts(streams=[{**stream, "dead_letters": 0}]))
