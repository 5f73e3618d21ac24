"""The command as a user meets it: the service in one terminal, everything else in another."""

import json
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from tests.terminal import ROOT, Terminal, a_service, command_line

LINK = "https://t.me/c/1790001234/20"

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Terminal, "subprocess.Popen[str]"]]:
    terminal = Terminal(tmp_path_factory.mktemp("up"))
    with a_service(terminal) as service:
        yield terminal, service


@pytest.fixture(scope="module")
def terminal(up: tuple[Terminal, "subprocess.Popen[str]"]) -> Terminal:
    """A terminal beside a running service that has an import behind it."""
    terminal = up[0]
    assert terminal.run("tenants", "add", "reader").returncode == 0
    done = terminal.run("import", "examples/city_channel", "--tenant", "reader")
    assert done.returncode == 0, done.stderr
    assert "40 posts" in done.stdout
    _until_indexed(terminal)
    return terminal


def _until_indexed(terminal: Terminal) -> None:
    end = time.monotonic() + 120
    while {"tenant": "reader", "state": "indexed", "posts": 40} not in terminal.json("status")["posts"]:
        assert time.monotonic() < end
        time.sleep(1)


def test_the_folder_of_a_running_service_is_refused(terminal: Terminal) -> None:
    for words in (["up"], ["demo"]):
        done = terminal.run(*words)

        assert done.returncode == 1
        assert "already" in done.stderr
        assert done.stderr.count("\n") == 1


def test_status_says_where_everything_is(terminal: Terminal) -> None:
    status = terminal.json("status")

    assert status["service"]["ready"]
    assert status["albums"] == [{"tenant": "reader", "albums": 3, "complete": 3, "partial": 0}]
    assert {s["stream"]: s["length"] for s in status["streams"]}["stream:posts:parsed"] == 40
    assert "password" not in json.dumps(status)
    assert "@" not in status["addresses"]["postgres"]


def test_what_commands_need_to_know_is_for_the_user_alone(terminal: Terminal) -> None:
    assert (terminal.data / "run" / "service.json").stat().st_mode & 0o077 == 0


def test_search_finds_posts_and_what_they_are_connected_to(terminal: Terminal) -> None:
    found = terminal.json("search", "ремонт моста", "--related", "--limit", "3", "--since", "2026-03-01")

    assert len(found["hits"]) == 3
    best = found["hits"][0]
    assert "мост" in best["text"].lower()
    assert best["link"].startswith("https://t.me/c/1790001234/")
    assert best["related"]


def test_search_refuses_a_tenant_that_is_not_there(terminal: Terminal) -> None:
    done = terminal.run("search", "река", "--tenant", "nobody")

    assert done.returncode == 2
    assert "there is no tenant nobody" in done.stderr


def test_a_post_is_explained_from_records(terminal: Terminal) -> None:
    [told] = terminal.json("explain", LINK)

    assert told["post"]["state"] == "indexed"
    assert {"persist", "tags", "vision", "vectors", "graph"} <= {stage["stage"] for stage in told["stages"]}
    assert all(event["entry_id"] for event in told["events"])
    assert told["workflow"]["attributes"]["TgState"] == "indexed"
    assert terminal.json("explain", told["post"]["post_id"])[0]["post"] == told["post"]


def test_an_album_is_explained_from_records(terminal: Terminal) -> None:
    [post] = terminal.json("explain", LINK)
    grouped = next(
        told["post"]["grouped_id"]
        for n in range(2, 42)
        for told in _known(terminal, n)
        if told["post"]["grouped_id"]
    )
    channel, tenant = post["post"]["tg_channel_id"], post["post"]["tenant_id"]

    [told] = terminal.json("explain", f"album:{tenant}:{channel}:{grouped}")

    assert told["album"]["assembled"]
    assert [event["event_type"] for event in told["events"]] == ["albums.parsed", "album.assembled"]


def _known(terminal: Terminal, message: int) -> list[Any]:
    done = terminal.run("explain", f"t.me/c/1790001234/{message}", "--json")
    return list(json.loads(done.stdout)) if done.returncode == 0 else []


def test_what_is_not_in_the_archive_is_said_to_be_absent(terminal: Terminal) -> None:
    done = terminal.run("explain", "https://t.me/c/1790001234/9999")

    assert done.returncode == 1
    assert "is not in the archive" in done.stderr


def test_a_post_that_has_ended_is_tagged_once_more(terminal: Terminal) -> None:
    done = terminal.json("retag", LINK)

    end = time.monotonic() + 60
    while _triggers(terminal).count("manual") < 1:
        assert time.monotonic() < end
        time.sleep(0.3)
    assert done["began"]
    assert done["workflow_id"] == terminal.json("explain", LINK)[0]["workflow"]["id"]


def _triggers(terminal: Terminal) -> list[str]:
    """Why each announcement of a post's tags was made, as far as its key says."""
    [told] = terminal.json("explain", LINK)
    keys = [event["idempotency_key"] for event in told["events"] if event["event_type"] == "posts.tagged"]
    return ["manual" if ":manual:" in key else "initial" for key in keys]


def test_a_campaign_is_estimated_first_and_not_started_unasked(terminal: Terminal) -> None:
    counted = terminal.json("retag", "--tenant", "reader", "--dry-run")
    stale = terminal.json("campaign", "stale", "--tenant", "reader", "--dry-run")
    refused = terminal.run("retag", "--tenant", "reader")

    assert (counted["state"], counted["estimate"]["posts"], counted["told"]) == ("finished", 40, 0)
    assert 0 < counted["estimate"]["tagger_calls"] <= 40
    assert stale["estimate"] == {"posts": 0, "tagger_calls": 0, "stages": {}}
    assert (refused.returncode, terminal.json("campaign", "list")) == (2, [])
    assert "say --yes to start it" in refused.stderr


def test_a_campaign_is_paused_resumed_and_ended_by_command(terminal: Terminal) -> None:
    with subprocess.Popen(
        command_line("retag", "--tenant", "reader", "--rate", "0.5", "--yes"),
        env=terminal.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as following:  # fmt: skip
        id = _started(terminal)
        paused = terminal.json("campaign", "pause", id[:10])
        again = terminal.json("campaign", "resume", id)
        ended = terminal.json("campaign", "cancel", id)
        said, told = following.communicate(timeout=60)

    assert (paused["state"], again["state"]) == ("paused", "running")
    assert ended["state"] in {"stopping", "stopped"}
    assert following.returncode == 0
    assert "Tag again the posts of reader" in said
    assert "stopped:" in said
    assert f"Campaign {id[:8]} runs in the background" in told
    assert terminal.json("campaign", "show", id)["state"] == "stopped"
    assert "has ended: stopped" in terminal.run("campaign", "pause", id).stderr


def _started(terminal: Terminal) -> str:
    end = time.monotonic() + 60
    while not (known := terminal.json("campaign", "list")):
        assert time.monotonic() < end
        time.sleep(0.3)
    return str(known[0]["campaign_id"])


def test_who_stops_following_a_campaign_stops_nothing(terminal: Terminal) -> None:
    with subprocess.Popen(
        command_line("campaign", "unfinished", "--tenant", "reader", "--yes"),
        env=terminal.env, cwd=ROOT, stderr=subprocess.PIPE, text=True,
    ) as nothing:  # fmt: skip
        nothing.wait(timeout=60)
    with subprocess.Popen(
        command_line("retag", "--tenant", "reader", "--rate", "1", "--yes", "--json"),
        env=terminal.env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as following:  # fmt: skip
        assert following.stderr
        while "runs in the background" not in following.stderr.readline():
            assert following.poll() is None
        following.send_signal(signal.SIGINT)
        said, told = following.communicate(timeout=60)
    [running, *_] = terminal.json("campaign", "list")
    terminal.run("campaign", "cancel", running["campaign_id"])

    assert nothing.returncode == 0
    assert (following.returncode, said) == (130, "")
    assert "the campaign goes on by itself" in told
    assert running["state"] == "active"


def test_a_campaign_that_is_not_there_is_said_to_be_absent(terminal: Terminal) -> None:
    assert "there is no campaign zzz" in terminal.run("campaign", "show", "zzz").stderr
    assert terminal.run("campaign", "show", "").returncode == 2


def test_the_same_import_again_adds_nothing(terminal: Terminal) -> None:
    report = terminal.json("import", "examples/city_channel", "--tenant", "reader")

    assert (report["posts"], report["posts_new"], report["posts_changed"]) == (40, 0, 0)


def test_an_archive_that_its_stores_agree_with_is_reconciled_with_status_0(terminal: Terminal) -> None:
    done = terminal.run("reconcile", "--tenant", "reader")

    assert (done.returncode, done.stdout.startswith("Nothing differs")) == (0, True), done.stderr
    assert terminal.json("reconcile")["state"] == "same"


def test_a_difference_is_status_1_and_its_repair_status_0(terminal: Terminal) -> None:
    for lost in (terminal.data / "objects" / "vision").rglob("*.json"):
        lost.unlink()

    looked, repaired = terminal.run("reconcile"), terminal.run("reconcile", "--apply")

    assert looked.returncode == 1
    assert "objects\tlost looks\t22\twould be written again" in looked.stdout
    assert repaired.returncode == 0
    assert "objects\tlost looks\t22\twritten again" in repaired.stdout
    assert terminal.run("reconcile").returncode == 0


def test_a_tenant_that_is_not_there_is_not_reconciled(terminal: Terminal) -> None:
    done = terminal.run("reconcile", "--tenant", "nobody")

    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no tenant nobody" in done.stderr


def test_the_local_port_answers_this_machine_only(terminal: Terminal) -> None:
    address = json.loads((terminal.data / "run" / "service.json").read_text())["reach"]["http"]

    assert _get(f"{address}/healthz")[0] == 200
    assert _get(f"{address}/readyz")[0] == 200
    assert _get(f"{address}/search?limit=3")[0] == 400
    assert 'postloom_posts{state="indexed",tenant="reader"} 40.0' in _get(f"{address}/metrics")[1]
    assert _get(f"{address}/healthz", host="evil.example")[0] == 400


def _get(url: str, host: str = "127.0.0.1") -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_the_service_stops_cleanly_when_it_is_asked(
    up: tuple[Terminal, "subprocess.Popen[str]"], terminal: Terminal
) -> None:
    _, service = up

    service.send_signal(signal.SIGTERM)
    said, _ = service.communicate(timeout=60)

    assert service.returncode == 0
    assert "postloom is running" in said
    assert not (terminal.data / "run" / "service.json").exists()
    assert terminal.run("status").returncode == 1
