"""Every command of docs/operating.md runs as it is written, one after the other, against services with parked posts."""

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from runtime.embedded.temporal_binary import temporal_binary
from tests.terminal import ROOT, Terminal, a_service

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]

PAPER = ROOT / "docs" / "operating.md"
TEXT = PAPER.read_text(encoding="utf-8")


def _blocks(text: str) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


BLOCKS = _blocks(TEXT)
#: Commands whose status says something other than success; the paper says so beside them.
TELLING = ("postloom reconcile ", "postloom dlq replay")

#: Between two blocks an operator looks up: whatever was asked for has come to rest.
QUIET = """
for _ in $(seq 200); do
  busy=$(postloom status --json | python3 -c 'import json, sys
kinds = (json.load(sys.stdin)["workflows"] or {"open": {"unknown": {"unknown": 1}}})["open"]
print(sum(n for states in kinds.values() for state, n in states.items()
    if state not in ("needs_human", "deferred")))')
  [ "$busy" = 0 ] && [ "${before:-}" = 0 ] && break
  before=$busy
done
"""


#: The words that begin the part about budgets, and those that begin the next one.
BUDGETS = ("## Posts wait for a budget", "## A post, or many, must be tagged")


@contextmanager
def a_desk(folder: Path, error: str) -> Iterator[dict[str, str]]:
    """The environment of an operator: a service whose tagger refuses every post so, and both commands on PATH."""
    faulty = {
        "POSTLOOM_PROVIDERS__TAGS": "faulty",
        "POSTLOOM_FAULTY__ONE_IN": "1",
        "POSTLOOM_FAULTY__ERROR": error,
    }
    terminal = Terminal(folder / "data", faulty)
    tools = folder / "bin"
    tools.mkdir()
    (tools / "temporal").symlink_to(asyncio.run(temporal_binary(None, print)).path)
    with a_service(terminal):
        terminal.done("tenants", "add", "acme")
        terminal.done("import", "examples/city_channel", "--tenant", "acme")
        _until_quiet(terminal)
        yield {
            **terminal.env,
            "PATH": f"{tools}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "TEMPORAL_ADDRESS": terminal.reach["temporal"],
        }


def _until_quiet(terminal: Terminal) -> None:
    done = subprocess.run(
        ["bash", "-c", QUIET], env=_env(terminal), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def _env(terminal: Terminal) -> dict[str, str]:
    return {**terminal.env, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def _quoted(block: str) -> str:
    """The block with commands whose status is an answer allowed to say no."""
    lines = [
        f"{line.split('  #')[0].rstrip()} || [ $? -eq 1 ]" if line.startswith(TELLING) else line
        for line in block.splitlines()
    ]
    return "\n".join(lines)


def _ran(blocks: Sequence[str], desk: dict[str, str]) -> str:
    """Run blocks as one script, as written; return what they said."""
    script = "\n".join(f"{QUIET}\necho '== block {n}'\n{_quoted(block)}" for n, block in enumerate(blocks))

    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env=desk, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip

    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_every_command_of_the_paper_runs_as_written(tmp_path: Path) -> None:
    with a_desk(tmp_path, "RejectedError") as desk:
        assert "RejectedError" in _ran(BLOCKS, desk)


def test_what_is_said_of_budgets_is_so_where_one_is_spent(tmp_path: Path) -> None:
    begin, end = (TEXT.index(words) for words in BUDGETS)
    blocks = [BLOCKS[0], *_blocks(TEXT[begin:end])]

    with a_desk(tmp_path, "BudgetExhaustedError") as desk:
        said = _ran(blocks, desk)

    assert "00:00 UTC (in " in said
    assert "go on by themselves: `postloom stuck`" in said
    assert "told: retry" in said
    assert "need you:" not in said


def test_the_paper_has_commands() -> None:
    assert len(BLOCKS) > 10
