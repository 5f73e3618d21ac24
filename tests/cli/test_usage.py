"""What the command says when it is asked for what cannot be done: one sentence, no trace, the right status."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import run


@pytest.fixture(autouse=True)
def _a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POSTLOOM_DATA_DIR", str(tmp_path / "data"))
    for name in ("POSTGRES_DSN", "REDIS_URL", "TEMPORAL__ADDRESS"):
        monkeypatch.delenv(f"POSTLOOM_{name}", raising=False)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["frob"], 2, "No such command 'frob'"),
        (["import", "somewhere"], 2, "Missing option '--tenant'"),
        (["import", "/nowhere", "--tenant", "a"], 2, "/nowhere does not exist"),
        (["demo", "--export", "/nowhere"], 2, "/nowhere does not exist"),
        (["explain", "nonsense"], 2, "is no post id"),
        (["search", "мост", "--limit", "0"], 2, "'--limit'"),
        (["search", "мост", "--since", "yesterday"], 2, "write a day as 2026-03-01"),
        (["search", "мост"], 1, "start it with `postloom up`"),
        (["status"], 1, "start it with `postloom up`"),
        (["reconcile"], 1, "start it with `postloom up`"),
        (["reconcile", "--apply", "--json"], 1, "start it with `postloom up`"),
        (["tenants", "list"], 1, "start it with `postloom up`"),
        (["tenants", "add", " "], 2, "a tenant's name is"),
        (["tenants", "add", "--", "-x"], 2, "does not begin with '-'"),
        (["tenants", "add", "0d1f3f0e-6a54-4c0e-9d5b-0f4c1f6f2a11"], 2, "does not look like an id"),
        (["tenants", "add", "x" * 101], 2, "1 to 100"),
        (["tenants", "add", "a\tb"], 2, "printable"),
        (["search", "  "], 2, "say what to look for"),
        (["search", "?", "!"], 2, "say what to look for"),
        (["explain", "https://t.me/c/123/4"], 1, "start it with `postloom up`"),
        (["retag"], 2, "say which post, or whose posts with --tenant"),
        (["retag", "nonsense"], 2, "is no post id"),
        (["retag", "t.me/c/123/4", "--dry-run"], 2, "leave out the other options, or the post"),
        (["retag", "album:0d1f3f0e-6a54-4c0e-9d5b-0f4c1f6f2a11:-1:2"], 2, "name the post with its caption"),
        (["retag", "channel-photo:0d1f3f0e-6a54-4c0e-9d5b-0f4c1f6f2a11:-1:2"], 2, "has no tags: name a post"),
        (["retag", "t.me/c/123/4"], 1, "start it with `postloom up`"),
        (["retag", "--tenant", "a", "--since", "yesterday"], 2, "write a day as 2026-03-01"),
        (["retag", "--tenant", "a", "--rate", "0"], 2, "'--rate'"),
        (["retag", "--tenant", "a"], 1, "start it with `postloom up`"),
        (["campaign", "stale"], 2, "Missing option '--tenant'"),
        (["campaign", "pause"], 2, "Missing argument"),
        (["campaign", "list"], 1, "start it with `postloom up`"),
        (["campaign", "show", "abc"], 1, "start it with `postloom up`"),
        (["campaign", "rate", "abc", "0"], 2, "'per_second'"),
        (["stuck"], 1, "start it with `postloom up`"),
        (["stuck", "--by", "colour"], 2, "'--by'"),
        (["resolve", "https://t.me/c/123/4"], 2, "say what is decided"),
        (["resolve", "https://t.me/c/123/4", "explode"], 2, "'explode' cannot be decided"),
        (["resolve", "https://t.me/c/123/4", "retry", "tags"], 2, "'tags' is too much"),
        (["resolve", "https://t.me/c/123/4", "skip", "lunch"], 2, "'lunch' is no stage: persist,"),
        (["resolve", "https://t.me/c/123/4", "retry", "--reason", "tags:E"], 2, "not both"),
        (["resolve", "retry"], 2, "whom? Name a post, or say which ones"),
        (["resolve", "--reason", "tags:E", "retry"], 1, "start it with `postloom up`"),
        (["dlq", "list"], 1, "start it with `postloom up`"),
        (["dlq", "list", "--stream", "lunch"], 2, "there is no stream lunch; there are: posts:parsed,"),
        (["dlq", "replay"], 2, "which? Name letters"),
        (["dlq", "replay", "1-1", "--all"], 2, "not both"),
        (["dlq", "replay", "--all"], 1, "start it with `postloom up`"),
        (["budget", "show"], 1, "start it with `postloom up`"),
        (["budget", "set"], 2, "Missing argument"),
        (["budget", "set", "a"], 2, "say how much: --tokens N, --money 12.50, or none for no limit"),
        (
            ["budget", "set", "a", "--stage", "crawl", "--tokens", "5"],
            2,
            "'crawl' is no stage that asks a provider",
        ),
        (
            ["budget", "set", "a", "--tokens", "12.5"],
            2,
            "--tokens is a whole number from 0 on, or none; not '12.5'",
        ),
        (["budget", "set", "a", "--tokens=-1"], 2, "not '-1'"),
        (["budget", "set", "a", "--tokens", "٣"], 2, "not '٣'"),
        (["budget", "set", "a", "--tokens", str(2**63)], 2, "more than can be counted"),
        (["budget", "set", "a", "--money", "much"], 2, "--money is an amount like 12.50"),
        (["budget", "set", "a", "--money", "0.0000001"], 2, "with six places at most"),
        (["budget", "set", "a", "--money=-1"], 2, "not '-1'"),
        (["budget", "set", "a", "--money", "nan"], 2, "not 'nan'"),
        (["budget", "set", "a", "--money", "1e30"], 2, "not '1e30'"),
        (["budget", "set", "a", "--money", "12.50"], 2, "no money is counted without prices"),
        (["budget", "set", "a", "--tokens", "5"], 1, "start it with `postloom up`"),
        (["delete", "https://t.me/c/123/4"], 1, "start it with `postloom up`"),
        (["delete", "https://t.me/c/123/4", "--reason", "rage"], 2, "'--reason'"),
    ],
)
def test_a_mistake_is_told_in_one_sentence(
    words: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == status

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("postloom: ")
    assert said in told.err
    assert told.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [("messages.html", "is an HTML export"), ("export.zip", "is an archive: unpack it first")],
)
def test_what_is_no_export_is_named(
    name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_text("x")

    assert run(["import", str(tmp_path / name), "--tenant", "a"]) == 2

    assert said in capsys.readouterr().err


def test_a_folder_called_like_an_export_is_no_export(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "result.json").mkdir()

    assert run(["import", str(tmp_path), "--tenant", "a"]) == 2

    assert "is a folder" in capsys.readouterr().err


def test_every_setting_that_cannot_be_used_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTLOOM_HTTP_PORT", "many")
    monkeypatch.setenv("POSTLOOM_VECTOR_SIZE", "1")

    assert run(["status"]) == 2

    told = capsys.readouterr().err
    assert "POSTLOOM_HTTP_PORT" in told
    assert "POSTLOOM_VECTOR_SIZE" in told


def test_an_export_with_a_file_that_is_empty_is_refused_before_a_server_is_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "result.json").touch()

    assert run(["demo", "--export", str(tmp_path)]) == 1

    assert "is empty" in capsys.readouterr().err
    assert not (tmp_path / "data").exists()


def test_the_doctor_finds_everything_that_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    status = run(["doctor", "--json"])

    found = json.loads(capsys.readouterr().out)
    assert status == (0 if found["well"] else 1)
    by_name = {finding["name"]: finding for finding in found["findings"]}
    assert by_name["PostgreSQL"]["ok"]
    assert by_name["Redis"]["ok"]
    assert not by_name["service"]["ok"]


def test_the_doctor_says_what_to_do_about_what_is_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTLOOM_TEMPORAL__CLI", "/nowhere/temporal")

    assert run(["doctor"]) == 1

    assert "correct POSTLOOM_TEMPORAL__CLI" in capsys.readouterr().out


def test_the_doctor_asks_servers_that_are_configured_and_says_which_settings_lead_there(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = {
        "S3__BUCKET": "posts", "S3__ENDPOINT_URL": "http://127.0.0.1:1", "S3__ACCESS_KEY": "key",
        "S3__SECRET_KEY": "hidden", "NEO4J__URL": "bolt://127.0.0.1:1", "NEO4J__PASSWORD": "hidden",
        "QDRANT_URL": "http://127.0.0.1:1", "POSTGRES_DSN": "postgresql://a:hidden@127.0.0.1:1/x",
        "REDIS_URL": "redis://:hidden@127.0.0.1:1/0", "TEMPORAL__ADDRESS": "127.0.0.1:1",
    }  # fmt: skip
    for name, value in nowhere.items():
        monkeypatch.setenv(f"POSTLOOM_{name}", value)

    assert run(["doctor", "--json"]) == 1

    told = capsys.readouterr().out
    by_name = {finding["name"]: finding for finding in json.loads(told)["findings"]}
    for name, setting in {
        "objects": "S3__", "vectors": "QDRANT_URL", "graph": "NEO4J__", "PostgreSQL": "POSTGRES_DSN",
        "Redis": "REDIS_URL", "Temporal": "TEMPORAL__ADDRESS",
    }.items():  # fmt: skip
        assert not by_name[name]["ok"] and f"POSTLOOM_{setting}" in by_name[name]["do"]
    assert "hidden" not in told


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("S3__ENDPOINT_URL", "https://s3.example.org", "an endpoint_url needs a bucket"),
        ("S3__ACCESS_KEY", "key", "go together"),
        ("S3__BUCKET", "No Bucket", "POSTLOOM_S3__BUCKET"),
        ("NEO4J__URL", "bolt://neo4j.example.org", "a url needs a password"),
        ("NEO4J__URL", "http://neo4j.example.org", "POSTLOOM_NEO4J__URL"),
        ("NEO4J__URL", "bolt://neo4j:hidden@neo4j.example.org", "POSTLOOM_NEO4J__URL"),
        ("POSTGRES_DSN", "mysql://a:hidden@b/c", "no address like postgresql://"),
        ("REDIS_URL", "hidden.example.org", "no address like redis://"),
        ("TEMPORAL__ADDRESS", "hidden.example.org", "no address like host:7233"),
        ("CRAWL__RESOLVE", "hidden", "is written as JSON"),
        ("GIGACHAT", "hidden", "settings are POSTLOOM_GIGACHAT__"),
        ("LOG_LEVEL", "loud", "'debug', 'info'"),
    ],
)
def test_a_store_that_cannot_be_meant_is_refused_with_the_setting(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(f"POSTLOOM_{name}", value)

    assert run(["status"]) == 2

    told = capsys.readouterr().err
    assert said in told and f"POSTLOOM_{name.partition('__')[0]}" in told
    assert "hidden" not in told and "Traceback" not in told


def test_a_key_that_is_none_is_told_without_its_value(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTLOOM_PROVIDERS__TAGS", "gigachat")
    monkeypatch.setenv("POSTLOOM_GIGACHAT__CREDENTIALS", "тайна")

    assert run(["doctor"]) == 2

    told = capsys.readouterr().err
    assert "no authorization key" in told and "тайна" not in told


@pytest.mark.parametrize("words", [["budget", "show"], ["stuck"], ["tenants", "add", "x"]])
def test_a_database_that_is_away_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str]
) -> None:
    monkeypatch.setenv("POSTLOOM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("POSTLOOM_POSTGRES_DSN", "postgresql://a:b@127.0.0.1:1/x")

    assert run(words) == 1

    told = capsys.readouterr().err
    assert told.startswith("postloom: postgres: ") and told.count("\n") == 1


def test_help_loads_nothing_heavy() -> None:
    heavy = "'temporalio', 'asyncpg', 'qdrant_client', 'neo4j', 'botocore', 'httpx', 'pydantic'"
    look = f"import sys, cli.main; print([name for name in ({heavy}) if name in sys.modules])"
    root = Path(__file__).parents[2]

    done = subprocess.run([sys.executable, "-c", look], cwd=root, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
