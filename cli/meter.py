"""How far something long is: a bar with rate and time left on a terminal, a plain line every few seconds elsewhere."""

import sys
import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from cli.screen import seconds

EVERY: Final = 3.0


class Meter:
    """Shows progress on standard error while its ``with`` block lasts."""

    def __init__(self, what: str, console: Console | None = None) -> None:
        self._what = what
        self._console = console or Console(stderr=True, highlight=False)
        self._began = self._told = time.monotonic()
        self._said = ""
        self._bar: Progress | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            columns = (
                SpinnerColumn(),
                TextColumn("{task.description}"),
                BarColumn(24),
                TextColumn("{task.fields[words]}"),
            )
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._task = self._bar.add_task(self._what, total=None, words="")
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def show(self, done: float, total: float, words: str) -> None:
        """Say that ``done`` of ``total`` is behind us; ``words`` count it for people."""
        self.say(done, total, words, self._left(done, total))

    def say(self, done: float, total: float, words: str, left: float | None) -> None:
        """Say it of something that did not begin here: the caller knows how many seconds are left, if anybody does."""
        text = words if left is None else f"{words}, {seconds(left)} left"
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=max(total, 1), words=text)
        elif time.monotonic() - self._told >= EVERY:
            self._tell(text)

    def _left(self, done: float, total: float) -> float | None:
        passed = time.monotonic() - self._began
        return passed * (total - done) / done if done and passed > 1 and total > done else None

    def _tell(self, text: str) -> None:
        self._told = time.monotonic()
        if text != self._said:
            self._said = text
            sys.stderr.write(f"{self._what}: {text}\n")
            sys.stderr.flush()
