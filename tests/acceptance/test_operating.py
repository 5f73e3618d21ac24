"""What an operator does beside a running service: sees what waits, decides, replays, deletes, and asks why."""

import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from contracts.identity import tenant_id
from contracts.streams import POSTS_PARSED
from tests.acceptance.producer import entry
from tests.terminal import Terminal, a_service

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

REASON = "tags:RejectedError"
DEADLINE = 60.0


@dataclass(frozen=True)
class Desk:
    """A terminal beside a service whose tagger refuses some posts until it is mended; ``left`` are those that wait."""

    terminal: Terminal
    mended: Path
    left: list[dict[str, Any]]

    def explain(self, words: str) -> dict[str, Any]:
        [told] = self.terminal.json("explain", words)
        return dict(told)

    def letters(self, workflow_id: str) -> list[dict[str, Any]]:
        found = self.terminal.json("dlq", "list", "--limit", "100")["letters"]
        return [letter for letter in found if letter["workflow_id"] == workflow_id]

    def stuck(self) -> set[str]:
        return {one["workflow_id"] for one in self.terminal.json("stuck", "--limit", "100")["stuck"]}

    def write(self, *entries: dict[str, str]) -> None:
        with Redis.from_url(self.terminal.reach["redis"]) as redis:
            for fields in entries:
                mapped: Any = fields
                redis.xadd(POSTS_PARSED, mapped)


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.3)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("operating")
    settings = {
        "PROVIDERS__TAGS": "faulty",
        "FAULTY__ONE_IN": "5",
        "FAULTY__UNTIL": str(folder / "mended"),
        "HTTP_PORT": "0",
    }
    terminal = Terminal(folder / "data", {f"POSTLOOM_{name}": value for name, value in settings.items()})
    with a_service(terminal):
        terminal.done("tenants", "add", "reader")
        terminal.done("import", "examples/city_channel", "--tenant", "reader")
        until(lambda: _nothing_moves(terminal))
        yield Desk(terminal, folder / "mended", terminal.json("stuck", "--limit", "100")["stuck"])


def _nothing_moves(terminal: Terminal) -> bool:
    status = terminal.json("status")
    posts = {row["state"]: row["posts"] for row in status["posts"]}
    waiting = sum(status["workflows"]["stuck"].values())
    return bool(sum(posts.values()) == 40 and posts.get("indexed", 0) + waiting == 40)


@pytest.fixture
def waiting(desk: Desk) -> Iterator[dict[str, Any]]:
    """A post that waits, of which no other test takes care; the tagger is broken again afterwards."""
    yield desk.left.pop()
    desk.mended.unlink(missing_ok=True)


def test_what_waits_is_listed_with_its_reason_and_the_command_that_lets_it_go_on(
    desk: Desk, waiting: dict[str, Any]
) -> None:
    told = desk.explain(waiting["name"])

    assert (waiting["reason"], waiting["tries"], waiting["tenant"]) == (REASON, 1, "reader")
    assert "refuses this text" in waiting["message"]
    assert waiting["do"].endswith(f"resolve {waiting['name']} retry")
    park = told["parks"][-1]
    assert (park["reason"], park["ended_at"]) == (REASON, None)
    assert told["workflow"]["retries"][-1]["error"] == "RejectedError"
    [group] = desk.terminal.json("stuck", "--by", "reason")["groups"]
    assert group["group"] == REASON
    with urllib.request.urlopen(f"{desk.terminal.reach['http']}/metrics", timeout=30) as answer:
        assert f'postloom_parks_total{{reason="{REASON}",what="post"}}' in answer.read().decode()


def test_a_post_that_is_resolved_goes_on_and_its_letter_is_gone(desk: Desk, waiting: dict[str, Any]) -> None:
    assert len(desk.letters(waiting["workflow_id"])) == 1
    desk.mended.touch()

    said = desk.terminal.done("resolve", waiting["name"], "retry", "--by", "anna", "--note", "mended")

    assert "retry: taken" in said
    until(lambda: desk.explain(waiting["name"])["post"]["state"] == "indexed")
    park = desk.explain(waiting["name"])["parks"][-1]
    assert (park["action"], park["decided_by"], park["note"]) == ("retry", "anna", "mended")
    assert desk.letters(waiting["workflow_id"]) == []
    assert waiting["workflow_id"] not in desk.stuck()


def test_a_decision_that_cannot_be_is_refused_in_a_sentence(desk: Desk, waiting: dict[str, Any]) -> None:
    refused = desk.terminal.run("resolve", waiting["name"], "skip", "vectors")

    assert refused.returncode == 1
    assert refused.stderr == f"postloom: {waiting['name']}: vectors is not stuck; stuck: tags\n"
    assert waiting["workflow_id"] in desk.stuck()


def test_a_parked_letter_is_replayed_and_gone(desk: Desk, waiting: dict[str, Any]) -> None:
    [letter] = desk.letters(waiting["workflow_id"])
    desk.mended.touch()

    said = desk.terminal.done("dlq", "replay", letter["id"])

    assert "told to retry" in said
    until(lambda: desk.explain(waiting["name"])["post"]["state"] == "indexed")
    assert desk.letters(waiting["workflow_id"]) == []


def test_what_was_given_up_is_told_so_and_can_be_started_again(desk: Desk, waiting: dict[str, Any]) -> None:
    desk.terminal.done("resolve", waiting["name"], "give-up", "--by", "anna")
    until(lambda: desk.explain(waiting["name"])["workflow"]["status"] == "failed")
    assert "given up by anna" in desk.explain(waiting["name"])["workflow"]["failure"]
    desk.mended.touch()

    said = desk.terminal.done("resolve", waiting["name"], "retry")

    assert "started again" in said
    until(lambda: desk.explain(waiting["name"])["post"]["state"] == "indexed")


def test_an_unreadable_entry_is_replayed_once_its_cause_is_mended(desk: Desk) -> None:
    tenant = tenant_id("later")
    desk.write(entry(tenant, 3), {"data": "{half"})
    until(lambda: desk.terminal.json("dlq", "list", "--stream", "posts:parsed")["total"] == 2)

    refused = desk.terminal.run("dlq", "replay", "--all", "--stream", "posts:parsed")
    desk.terminal.done("tenants", "add", "later")
    done = desk.terminal.json("dlq", "replay", "--reason", "unknown_tenant")

    assert refused.returncode == 1
    assert "stays: tenant_id: no such tenant" in refused.stdout
    assert "0 of 2 replayed" in refused.stdout
    assert [one["accepted"] for one in done] == [True]
    [left] = desk.terminal.json("dlq", "list", "--stream", "posts:parsed")["letters"]
    assert left["reason"] == "not_json"
    until(lambda: any(row["tenant"] == "later" for row in desk.terminal.json("status")["posts"]))


def test_many_are_resolved_at_once_and_told_how_many(desk: Desk, waiting: dict[str, Any]) -> None:
    planned = desk.terminal.done("resolve", "--reason", REASON, "retry", "--dry-run")
    unasked = desk.terminal.run("resolve", "--reason", REASON, "give-up")
    before = len(desk.stuck())
    desk.mended.touch()

    said = desk.terminal.done("resolve", "--reason", REASON, "--tenant", "reader", "retry")

    assert f"{before} would be told: retry" in planned
    assert (unasked.returncode, "say --yes" in unasked.stderr) == (2, True)
    assert f"{before} told: retry" in said
    until(lambda: desk.stuck() == set())
    assert desk.terminal.done("stuck") == "nothing waits for you\n"


def test_a_deleted_post_is_gone_and_its_tombstone_tells_of_it(desk: Desk) -> None:
    link = "https://t.me/c/1790001234/3"
    unasked = desk.terminal.run("delete", link)

    said = desk.terminal.done("delete", link, "--yes")

    assert (unasked.returncode, "say --yes" in unasked.stderr) == (2, True)
    assert "goes: " in said
    told = desk.explain(link)
    assert (told["deleted"]["reason"], told["events"][0]["event_type"]) == ("admin", "posts.deleted")
    assert "is deleted already" in desk.terminal.done("delete", link)
    assert {"tenant": "reader", "state": "deleted", "posts": 1} in desk.terminal.json("status")["posts"]
