"""``postloom policy``: a file is checked, and tried on a post as it is in the archive."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from rich.console import Console

from adapters.postgres.pool import open_pool
from adapters.postgres.posts import PostArchive
from adapters.postgres.stages import StageStore
from cli.main import run
from cli.policy.plan import FilePlan, LinkPlan, Said, files_of, links_of
from cli.policy.screen import show_plan
from cli.screen import Screen
from contracts.identity import digest
from contracts.material import Page
from contracts.post import PostRef
from contracts.stages import Outcome, Stage
from contracts.treatment import Treatment
from domain.policy import CrawlPolicy
from tests.adapters.saved import a_known_ref, save
from tests.build import LONG, SHORT, a_commit, a_file, a_material, a_record, a_ref, a_state

LINKS = ("https://example.org/a", "http://10.0.0.1/", "https://example.org/b", "https://example.org/c")


def test_a_file_that_can_be_used_says_its_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("vision: {max_image_mb: 5}")

    assert run(["policy", "check", str(file)]) == 0

    assert f"{file}: ok, version " in capsys.readouterr().out


def test_without_a_name_the_file_in_use_is_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "used.yaml").write_text("vision: {rules: 5}")

    shipped = run(["policy", "check"])
    monkeypatch.setenv("POSTLOOM_POLICIES", str(tmp_path / "used.yaml"))
    used = run(["policy", "check"])

    assert (shipped, used) == (0, 2)
    assert "used.yaml:1: vision.rules: " in capsys.readouterr().err


def test_mistakes_are_lines_that_an_editor_can_follow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("vision:\n  max_image: 5\ncrawl:\n  max_redirects: many\n")

    assert run(["policy", "check", str(file)]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        f"postloom: {file} cannot be used: 2 mistakes",
        f"{file}:2: vision.max_image: there is no such key; do you mean max_image_mb?",
        f'{file}:4: crawl.max_redirects: input should be a valid integer, not "many"',
    ]


@pytest.mark.parametrize(("words", "status", "said"), [
    (["policy", "test", "nonsense"], 2, "is no post id"), (["policy", "test"], 2, "Missing argument"),
    (["policy", "test", f"album:{'0' * 8}-0000-0000-0000-{'0' * 12}:-1:2"], 2, "name a post"),
    (["policy", "test", "https://t.me/c/1/2", "--policy", "/nowhere.yaml"], 2, "/nowhere.yaml cannot be read"),
    (["policy", "test", "https://t.me/c/1/2"], 1, "start it with `postloom up`"),
    (["policy", "check", "/nowhere.yaml"], 2, "/nowhere.yaml cannot be read"),
])  # fmt: skip
def test_what_cannot_be_tried_is_a_sentence(
    words: list[str], status: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("POSTLOOM_DATA_DIR", str(tmp_path))

    assert run(words) == status

    assert said in capsys.readouterr().err


def known(how: str, **values: Any) -> dict[str, Any]:
    return {"how": how, **values}


@pytest.mark.parametrize(("now", "recorded", "differs"), [
    (Treatment(how="analyse"), None, False), (Treatment(how="analyse"), known("analyse", version="v"), False),
    (Treatment(how="skip", reason="a"), known("analyse", version="v"), True),
    (Treatment(how="skip", reason="a"), known("skip", reason="b"), True),
    (Treatment(how="skip", reason="a"), known("skip", reason="a"), False),
    (Treatment(how="analyse"), known("skip", reason="broken_picture", wanted="analyse"), False),
    (Treatment(how="ocr", reason="ocr_only"), known("analyse", wanted="ocr"), False),
    (Treatment(how="analyse"), known("ocr", reason="ocr_budget", wanted="analyse"), False),
    (Treatment(how="skip", reason="a"), known("ocr", reason="ocr_budget", wanted="analyse"), True),
])  # fmt: skip
def test_a_file_differs_when_the_policy_wants_something_else(
    now: Treatment, recorded: dict[str, Any] | None, differs: bool
) -> None:
    media = a_file(treatment=now)
    results = {Stage.VISION: {"files": {media.sha256: recorded}}} if recorded else {}

    [plan] = files_of(a_state(media=(media,)), a_material(results=results))

    assert plan.differs is differs
    assert plan.now.how == now.how


def linked(policy: CrawlPolicy, **values: Any) -> list[tuple[str, str | None, str | None, bool]]:
    plans = links_of(policy, {}, a_material(urls=LINKS, **values))
    return [(plan.now.how, plan.now.reason, plan.now.rule, plan.differs) for plan in plans]


def test_links_are_read_by_their_order_their_host_and_a_trigger() -> None:
    assert linked(CrawlPolicy(max_links_per_post=3, min_text_length=50)) == [
        ("read", None, "min_text_length", False), ("skip", "private_address", None, False),
        ("read", None, "min_text_length", False), ("skip", "too_many_links", "max_links_per_post", False),
    ]  # fmt: skip


def test_links_of_a_post_that_says_little_are_not_read() -> None:
    assert {plan[:2] for plan in linked(CrawlPolicy(), text=SHORT)} == {("skip", "no_trigger")}


def test_a_host_that_is_denied_now_differs_from_a_page_that_was_read() -> None:
    policy = CrawlPolicy(min_text_length=50, denylist_domains=("example.org",))
    pages = (Page(url=LINKS[0], word_count=5), Page(url=LINKS[2], skipped="not_found"))

    told = linked(policy, pages=pages)

    assert [plan[3] for plan in told] == [True, False, True, False]
    assert told[0][1:3] == ("host_denied", "allowlist_domains, denylist_domains")


def test_a_page_that_could_not_be_read_does_not_differ_and_one_that_nobody_wanted_does() -> None:
    policy = CrawlPolicy(min_text_length=50)
    unread = a_record(Stage.CRAWL, outcome=Outcome.SKIPPED, reason="no_trigger")

    failed = linked(policy, pages=(Page(url=LINKS[0], skipped="timeout"),))
    unwanted = linked(policy, records={Stage.CRAWL: unread})

    assert (failed[0][3], unwanted[0][3]) == (False, True)


def shown(files: list[FilePlan], links: list[LinkPlan]) -> str:
    drawn = io.StringIO()
    show_plan(a_ref(), "mine.yaml, version 1", files, links, Screen(Console(file=drawn, soft_wrap=True)))
    return drawn.getvalue()


def test_the_screen_says_what_why_and_what_was() -> None:
    now = Said(how="skip", reason="channel_skipped", rule="no memes")
    file = FilePlan(now=now, recorded=Said(how="analyse"), sha256="a" * 64, mime="image/png", size_bytes=5)

    text = shown([file], [LinkPlan(url=LINKS[0], now=Said(how="read", rule="min_word_count"))])

    assert f"{'a' * 12}\timage/png\t5\tskip: channel skipped\tno memes\tanalyse" in text
    assert f"{LINKS[0]}\tread\tmin_word_count\tnothing yet" in text
    assert "1 of 2 would be treated otherwise than recorded." in text
    assert "no pictures and no links" in shown([], [])


ATTACH = """
WITH kept AS (
    INSERT INTO media_objects (tenant_id, file_sha256, mime, size_bytes, s3_key) VALUES ($1, $2, 'image/png', 10, 'k')
)
INSERT INTO post_media_map (post_id, tenant_id, file_sha256) VALUES ($3, $1, $2)
"""


async def _a_post(dsn: str) -> PostRef:
    """A post with a picture that was analysed, and a link."""
    pool = await open_pool(dsn, size=1)
    ref, sha = await a_known_ref(pool), digest("policy test")
    await save(PostArchive(pool, "c1"), ref, text=LONG, urls=LINKS[:1])
    await _attached(pool, ref, sha)
    await pool.close()
    return ref


async def _attached(pool: asyncpg.Pool, ref: PostRef, sha: str) -> None:
    await pool.execute(ATTACH, ref.tenant_id, sha, ref.post_id)
    result = {"files": {sha: {"how": "analyse", "version": "v1"}}}
    commit = a_commit(ref, Stage.VISION, record=a_record(Stage.VISION), result=result)
    await StageStore(pool).commit(commit)


@pytest.mark.services
def test_a_file_is_tried_on_a_post_of_the_archive(
    postgres_dsn: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTLOOM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("POSTLOOM_POSTGRES_DSN", postgres_dsn)
    ref = asyncio.run(_a_post(postgres_dsn))
    file = tmp_path / "mine.yaml"
    file.write_text('vision: {rules: [{name: this one, when: {channels: ["Город"]}, then: skip}]}')

    words = ["policy", "test", str(ref.post_id), "--json"]
    used, tried = [
        (run([*words, *more]), json.loads(capsys.readouterr().out)) for more in ([], ["--policy", str(file)])
    ]
    elsewhere = run(["policy", "test", str(a_ref(999).post_id)])

    assert (used[0], tried[0], elsewhere) == (0, 0, 1)
    assert [(f["now"]["how"], f["differs"]) for f in used[1]["files"]] == [("analyse", False)]
    [now] = tried[1]["files"]
    assert (now["now"]["reason"], now["now"]["rule"], now["differs"]) == ("channel_skipped", "this one", True)
    assert tried[1]["policy"]["file"] == str(file)
    assert [(link["url"], link["now"]["how"]) for link in used[1]["links"]] == [(LINKS[0], "skip")]
