"""What a command shows: on a terminal of 80 columns, and where nobody looks."""

import io
from collections.abc import Callable

from rich.console import Console

from cli.screen import Screen


def on_terminal(show: Callable[[Screen], None]) -> str:
    file = io.StringIO()
    show(Screen(Console(file=file, width=80, color_system=None, force_terminal=True, highlight=False)))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def in_lines(show: Callable[[Screen], None]) -> str:
    file = io.StringIO()
    show(Screen(Console(file=file, width=400, color_system=None, highlight=False, soft_wrap=True)))
    return file.getvalue()
