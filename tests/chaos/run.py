"""Runs faults one after the other, shows how far they are, and what came of each."""

import asyncio
import shutil
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import structlog
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.screen import Screen, note
from tests.chaos.faults import albums, crashes, entries, hostile, servers, stores, tenants
from tests.chaos.table import Fault, Outcome, Wish

FAULTS: Final[tuple[Fault, ...]] = tuple(
    sorted(
        (
            *crashes.FAULTS, *servers.FAULTS, *stores.FAULTS, *entries.FAULTS, *hostile.FAULTS, *tenants.FAULTS,
            *albums.FAULTS,
        ),
        key=lambda fault: fault.id,
    )
)  # fmt: skip
NAMES: Final = ("fault", "what is done", "runs", "posts", "lost", "doubled", "stuck", "seconds to recover")
log = structlog.get_logger(__name__)
#: Sentences that are shown of each kind of wrong.
_SHOWN: Final = 8


class Show:
    """Says on standard error what is going on: lines with a clock on a terminal, plain lines elsewhere."""

    def __init__(self) -> None:
        console = Console(stderr=True, highlight=False)
        columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._bars = Progress(*columns, console=console, transient=True) if console.is_terminal else None
        self._tasks: dict[str, Any] = {}
        self._told: dict[str, float] = {}

    def __enter__(self) -> Self:
        if self._bars:
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars:
            self._bars.stop()

    def say(self, fault: str, words: str) -> None:
        """Say where a fault is; in plain lines at most every three seconds."""
        if self._bars:
            task = self._tasks.setdefault(fault, None) or self._bars.add_task(fault, total=None)
            self._tasks[fault] = task
            self._bars.update(task, description=f"{fault} {words}")
        elif time.monotonic() - self._told.get(fault, 0) > 3:
            self._told[fault] = time.monotonic()
            note(f"{fault}: {words}")

    def end(self, fault: str, outcome: Outcome) -> None:
        """Say how a fault ended."""
        if self._bars and self._tasks.get(fault) is not None:
            self._bars.remove_task(self._tasks.pop(fault))
        wrong = ", ".join(f"{len(sentences)} {name}" for name, sentences in outcome.wrong.items())
        note(f"{fault}: {wrong or 'nothing lost, doubled or stuck'}")


async def run(faults: Sequence[Fault], folder: Path, seed: int, posts: int) -> dict[str, Outcome]:
    """Run the faults; return what came of each. One that only waits lets the next one begin."""
    outcomes: dict[str, Outcome] = {}
    with Show() as show:
        running: list[asyncio.Task[None]] = []
        for fault in faults:
            wish = Wish(folder / fault.id, seed, posts, partial(show.say, fault.id))
            task = asyncio.create_task(_one(fault, wish, outcomes, show))
            running.append(task)
            waits = asyncio.create_task(wish.waits.wait())
            await asyncio.wait((task, waits), return_when=asyncio.FIRST_COMPLETED)
            waits.cancel()
        ends = await asyncio.gather(*running, return_exceptions=True)
    return {fault.id: outcomes.get(fault.id) or _broken(end) for fault, end in zip(faults, ends, strict=True)}


def _broken(end: BaseException | None) -> Outcome:
    """A fault that could not be run to its end proves nothing."""
    log.error("fault broke", exc_info=end)
    outcome = Outcome()
    outcome.found.stuck.append(f"the fault itself broke: {end!r}"[:300])
    return outcome


async def _one(fault: Fault, wish: Wish, outcomes: dict[str, Outcome], show: Show) -> None:
    shutil.rmtree(wish.folder, ignore_errors=True)
    show.say(fault.id, fault.what)
    outcome = await fault.run(wish)
    outcomes[fault.id] = outcome
    show.end(fault.id, outcome)
    if outcome.is_clean:
        shutil.rmtree(wish.folder, ignore_errors=True)


def tell(faults: Sequence[Fault], outcomes: dict[str, Outcome], screen: Screen) -> None:
    """Show the table, and a sentence for everything that is wrong."""
    rows = []
    for fault in faults:
        row = outcomes[fault.id].facts()
        counts = (row["runs"], row["posts"], row["lost"], row["doubled"], row["stuck"])
        rows.append((fault.id, fault.what, *counts, f"{row['recovered_seconds']:.1f}"))
    screen.rows(NAMES, rows)
    for fault in faults:
        outcome = outcomes[fault.id]
        for line in outcome.notes:
            screen.line(f"{fault.id}: {line}")
        if outcome.found.extra_looks:
            screen.line(
                f"{fault.id}: {outcome.found.extra_looks} looks were lost with a process and taken again"
            )
        for name, sentences in outcome.wrong.items():
            screen.line(f"{fault.id}, {name}: " + "; ".join(sentences[:_SHOWN]))
