"""What is said of parks, of what was tried again, and of what is no post of the archive."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode

from cli.explain.engine import FORGOTTEN, WAITING, why_unknown
from cli.explain.history import retries
from cli.explain.screen import show
from tests.build import CHANNEL, MOMENT, TENANT, a_ref
from tests.cli.shown import in_lines, on_terminal

HISTORIES = Path(__file__).parents[1] / "histories"
RETRY = "postloom resolve https://t.me/c/1/2 retry"
RUN: dict[str, Any] = {
    "id": "post:1", "known": True, "run_id": "r1", "status": "running", "history_events": 22, "retries": [],
    "pending": [], "failure": None, "attributes": {"TgState": "needs_human"},
}  # fmt: skip
GONE: dict[str, Any] = {"id": "post:1", "known": False, "why": FORGOTTEN}
PARK: dict[str, Any] = {
    "run_id": "r1", "number": 1, "stage": "tags", "reason": "tags:RejectedError", "message": "the tagger refuses",
    "problems": [{"stage": "tags"}, {"stage": "vision", "error": "E", "message": "too dark"}], "since": MOMENT,
    "until": MOMENT, "ended_at": None, "action": None, "left_out": None, "decided_by": None, "note": None,
    "woken_by": None,
}  # fmt: skip
WHO: dict[str, Any] = {
    "tenant": "acme", "tenant_id": TENANT, "channel": "Город", "tg_channel_id": CHANNEL, "message_id": 7,
}  # fmt: skip


def history(name: str) -> Sequence[HistoryEvent]:
    kept = json.loads((HISTORIES / f"{name}.json").read_text(encoding="utf-8"))
    return WorkflowHistory.from_json(kept["id"], kept["history"]).events


def shown(facts: dict[str, Any]) -> str:
    text = on_terminal(lambda screen: show(facts, screen, RETRY))
    assert max(map(len, text.splitlines())) <= 80
    return in_lines(lambda screen: show(facts, screen, RETRY))


def unknown(park: dict[str, Any], workflow: dict[str, Any]) -> dict[str, Any]:
    return {"unknown": {"kind": "post"}, "parks": [park], "workflow": workflow}


def test_a_post_that_nobody_has_taken_up_waits_its_turn() -> None:
    absent = RPCError("workflow not found for ID", RPCStatusCode.NOT_FOUND, b"")

    assert why_unknown(absent, begun=False) == WAITING
    assert why_unknown(absent, begun=True) == FORGOTTEN


def test_what_was_tried_again_is_told_with_its_last_error() -> None:
    [link] = [row for row in retries(history("post_link_fails")) if row["activity"] == "fetch_page"]

    assert (link["attempts"], link["ended"]) == (3, "failed")
    assert (link["error"], link["message"]) == ("LinkFailedError", "no answer")


def test_what_succeeded_at_once_is_not_told() -> None:
    assert retries(history("post_text")) == []


def test_what_failed_at_once_is_told() -> None:
    [row] = retries(history("post_parked_gives_up"))

    assert (row["attempts"], row["ended"], row["error"]) == (1, "failed", "RejectedError")


def test_an_open_park_says_how_long_and_what_lets_it_go_on() -> None:
    text = shown(unknown(PARK, RUN))

    assert "tags:RejectedError: the tagger refuses" in text
    assert "and vision:E: too dark" in text
    assert "until 2026-03-01 12:30:00" in text
    assert RETRY in text


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (
            {"action": "skip", "left_out": "tags", "decided_by": "anna", "note": "no need"},
            "skip tags by anna (no need)",
        ),
        ({"action": "retry", "decided_by": "anna"}, "ended 2026-03-01 12:30:00: retry by anna"),
        ({"woken_by": "edit"}, "woken by edit"),
        ({"woken_by": "itself"}, "went on by itself"),
    ],
)
def test_a_park_that_ended_says_how(ended: dict[str, Any], said: str) -> None:
    text = shown(unknown({**PARK, "ended_at": MOMENT, **ended}, RUN))

    assert said in text
    assert RETRY not in text


def test_a_park_that_goes_on_by_itself_says_when() -> None:
    problem = {**PARK["problems"][0], "goes_on_at": MOMENT.isoformat()}

    assert "goes on by itself 2026-" in shown(unknown({**PARK, "problems": [problem]}, RUN))
    assert "goes on by itself" not in shown(unknown(PARK, RUN))


def test_a_park_that_its_workflow_did_not_outlive_says_so() -> None:
    failed = {**RUN, "status": "failed", "failure": "parked too long: tags:RejectedError"}

    assert "ended with its workflow: parked too long" in shown(unknown(PARK, failed))
    assert "how it ended is not recorded" in shown(unknown(PARK, GONE))


def test_what_is_tried_now_is_told_with_its_next_attempt() -> None:
    trying = {"activity": "link_graph", "attempts": 4, "error": "E", "message": "away", "next_try": "soon"}

    text = shown({"unknown": {"kind": "post"}, "parks": [], "workflow": {**RUN, "pending": [trying]}})

    assert "link_graph" in text
    assert "next soon" in text


def test_a_deleted_post_is_told_by_its_tombstone() -> None:
    ref = a_ref()
    stone = {
        **WHO, "reason": "admin", "deleted_at": MOMENT, "recorded_at": MOMENT, "erased_at": MOMENT,
        "counts": {"nodes": 3}, "post_id": ref.post_id, "known_as": [ref.post_id, TENANT],
    }  # fmt: skip
    event = {"event_type": "posts.deleted", "stream": "s", "entry_id": "1-0"}

    text = shown({"deleted": stone, "events": [event], "parks": [], "workflow": GONE})

    assert "Город #7: deleted" in text
    assert "went: nodes" in text
    assert f"also known as    {TENANT}" in text
    assert "posts.deleted" in text
    assert "being deleted" in shown(
        {"deleted": {**stone, "erased_at": None}, "parks": [], "workflow": GONE, "events": []}
    )


def test_an_edit_that_came_first_says_that_it_is_kept() -> None:
    edit = {**WHO, "text": "новый текст", "edited_at": MOMENT, "links": []}

    text = shown({"early_edit": edit, "parks": [], "workflow": GONE})

    assert "edited before it arrived" in text
    assert "the post gets this text when it arrives" in text


def test_a_channels_own_picture_says_how_far_it_is() -> None:
    picture = {
        **WHO, "posted_at": MOMENT, "sha256": "a" * 64, "mime": "image/png", "size_bytes": 5, "missing": None,
        "skipped": None, "description": "a bridge", "handed_over_at": MOMENT, "recorded_at": None, "trace_id": "t",
    }  # fmt: skip

    text = shown({"channel_picture": picture, "parks": [], "workflow": RUN})

    assert "a bridge" in text
    assert "in the graph   not yet" in text


def test_an_album_says_what_is_missing_of_each_item() -> None:
    item = {
        "post_id": TENANT,
        "message_id": 7,
        "state": "indexed",
        "file": "a",
        "missing": None,
        "skipped": None,
    }
    items = [
        {**item, "position": 0, "looked_at": "now"},
        {**item, "position": 1, "looked_at": None},
        {**item, "position": 2, "missing": "not_included", "looked_at": None},
        {**item, "position": 3, "file": None, "state": "deleted", "looked_at": None},
    ]
    album = {
        **WHO, "grouped_id": 5, "partial": True, "assembled": True, "album_kind": "photo", "items_count": 4,
        "inferred": False, "assembled_at": MOMENT, "missing": None, "summary": None, "object_key": None, "items": items,
    }  # fmt: skip
    says = {"expected": 4, "arrived": 3, "waiting": 1, "problems": []}

    text = shown({"album": album, "events": [], "parks": [PARK], "workflow": {**RUN, "says": says}})

    assert "3 of 4 items arrived, 1 not looked at" in text
    assert [line.split("\t")[3] for line in text.splitlines() if line.count("\t") == 4][1:] == [
        "looked at",
        "not looked at",
        "not included",
        "",
    ]
    assert "deleted" in text
    assert RETRY in text


def a_post(**values: Any) -> dict[str, Any]:
    post = {
        **WHO, "state": "tagged", "text": "x", "posted_at": MOMENT, "link": None, "tags": [], "error": None,
        "grouped_id": None, "post_id": "1", "trace_id": "2", **values,
    }  # fmt: skip
    empty = {
        "stages": [],
        "pictures": [],
        "pages": [],
        "calls": [],
        "currency": "",
        "parks": [],
        "events": [],
    }
    return {"post": post, **empty, "workflow": GONE}


def test_orders_to_a_model_are_told_with_where_they_stand() -> None:
    text = shown(a_post(injections={"text": ["override", "role"], "page": ["call"]}))

    assert "orders to a model: text (override, role); page (call)" in text
    assert "orders to a model" not in shown(a_post(injections={}))
