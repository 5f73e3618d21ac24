"""What commands show: tables and colours on a terminal, plain lines elsewhere, JSON when it is asked for."""

import contextlib
import json
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

Cell = str | int | float | None


class Screen:
    """Standard output, for people."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=not sys.stdout.isatty())

    @property
    def is_terminal(self) -> bool:
        """Whether somebody looks at it."""
        return self._console.is_terminal

    @property
    def console(self) -> Console:
        """What draws."""
        return self._console

    def line(self, text: str = "", style: str = "") -> None:
        """Show a line of text as it is; what does not fit goes on below its beginning."""
        begun = text.lstrip(" ")
        indent = len(text) - len(begun)
        if self.is_terminal and begun:
            self._console.print(Padding(Text(begun, style=style), (0, 0, 0, indent)))
        else:
            self._console.print(Text(text, style=style))

    def beside(self, head: str, text: str, style: str = "") -> None:
        """Show a text beside its head; what does not fit goes on below the text's beginning."""
        if not self.is_terminal:
            self._console.print(Text(head + text, style=style))
            return
        grid = Table.grid()
        grid.add_column(width=len(head), no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(Text(head, style=style), Text(text, style=style))
        self._console.print(grid)

    def title(self, text: str) -> None:
        """Show what the next lines are about."""
        self._console.print()
        self._console.print(Text(text, style="bold"))

    def rows(self, names: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Show rows under their names: a table on a terminal, lines with tabs elsewhere (pairs without names)."""
        texts = [[_text(cell) for cell in row] for row in rows]
        if self.is_terminal:
            self._console.print(table(names, texts))
            return
        for row in [list(names), *texts] if len(names) > 2 and texts else texts:
            self._console.file.write("\t".join(row) + "\n")

    def facts(self, pairs: Iterable[tuple[str, Cell]]) -> None:
        """Show names with their values, one a line."""
        known = [(name, _text(value)) for name, value in pairs if value is not None]
        width = max((len(name) for name, _ in known), default=0)
        if not self.is_terminal:
            for name, value in known:
                self._console.file.write(f"  {name:<{width}}  {value}\n")
            return
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(min_width=width, no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in known:
            grid.add_row(Text(name, style="dim"), Text(value))
        self._console.print(Padding(grid, (0, 0, 0, 2)))


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return a table without lines around it; numbers stand on the right."""
    rows = list(rows)
    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for place, name in enumerate(names):
        numeric = bool(rows) and all(row[place].replace(".", "").isdigit() or not row[place] for row in rows)
        drawn.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    return drawn


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return f"{cell:.1f}" if isinstance(cell, float) else str(cell)


def show_json(value: Any) -> None:
    """Write a value as JSON to standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=_plain) + "\n")


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def note(text: str) -> None:
    """Tell on standard error what is going on, so that results can be piped; where nobody reads it, nothing is told."""
    with contextlib.suppress(OSError):
        sys.stderr.write(wrapped(text) + "\n")
        sys.stderr.flush()


def wrapped(text: str) -> str:
    """Return the sentences broken between words where a terminal ends; elsewhere as they are."""
    if not sys.stderr.isatty():
        return text
    width = shutil.get_terminal_size().columns
    lines = text.split("\n")
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) for line in lines
    )


def seconds(value: float) -> str:
    """Return a duration in words."""
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 90:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
