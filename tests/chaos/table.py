"""A fault, what it is run with, and what came of it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos.expected import Found


@dataclass
class Outcome:
    """One row of the table. ``recovered``: the most seconds from the end of a fault until everything was at its end."""

    found: Found = field(default_factory=Found)
    runs: int = 1
    recovered: float = 0.0
    notes: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, doubled or stuck."""
        return not self.wrong

    @property
    def wrong(self) -> dict[str, list[str]]:
        """Every sentence about what is wrong, by what it is."""
        named = {"lost": self.found.lost, "doubled": self.found.doubled, "stuck": self.found.stuck}
        return {name: sentences for name, sentences in named.items() if sentences}

    def facts(self) -> dict[str, Any]:
        """Return the row for programs."""
        return {
            "runs": self.runs, "posts": self.found.posts, "lost": len(self.found.lost),
            "doubled": len(self.found.doubled), "stuck": len(self.found.stuck),
            "recovered_seconds": round(self.recovered, 1), "extra_looks": self.found.extra_looks,
            "notes": self.notes, "wrong": self.wrong,
        }  # fmt: skip


@dataclass
class Wish:
    """What a fault is run with: a folder of its own, the seed, about how many posts; ``say`` tells how far it is."""

    folder: Path
    seed: int = 1
    posts: int = 40
    say: Callable[[str], None] = lambda _: None
    #: Set once nothing is left but waiting, so that the next fault need not wait for it.
    waits: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Fault:
    """A fault: its number, what is done in a few words, and what does it."""

    id: str
    what: str
    run: Callable[[Wish], Awaitable[Outcome]]
