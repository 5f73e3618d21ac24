"""Showing the status, once or again and again."""

import asyncio
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from cli.errors import CommandError
from cli.pace import Pace
from cli.screen import Screen, show_json
from cli.status.gather import Facts, Sources, gather, sources
from cli.status.screen import show
from runtime.settings import load_settings

#: Seconds between two looks.
AGAIN: Final = 2.0


async def show_status(*, watch: bool, as_json: bool) -> None:
    """Show the status; with ``watch`` until the user stops it.

    Raises:
        CommandError: no service runs, or it cannot be shown so.
    """
    if watch and as_json:
        raise CommandError("--watch and --json do not go together: ask again for each answer", 2)
    screen = Screen()
    async with sources(load_settings()) as ask:
        if not watch:
            facts = await gather(ask)
            show_json(facts) if as_json else show(facts, screen)
        elif screen.is_terminal:
            await _watch_live(ask, screen)
        else:
            await _watch_lines(ask, screen)


async def _watch_live(ask: Sources, screen: Screen) -> None:
    """Draw one page again and again; the last one stays when the user leaves."""
    pace, page = Pace(), Text()
    try:
        with Live(console=screen.console, screen=True, auto_refresh=False) as live:
            while True:
                facts = await gather(ask)
                page = _page(facts, screen.console, pace.look(facts["posts"]))
                live.update(cut(page, screen.console.height), refresh=True)
                await asyncio.sleep(AGAIN)
    finally:
        screen.console.print(page)


async def _watch_lines(ask: Sources, screen: Screen) -> None:
    pace = Pace()
    while True:
        facts = await gather(ask)
        show(facts, screen, pace.look(facts["posts"]))
        await asyncio.sleep(AGAIN)


def _page(facts: Facts, console: Console, pace: str | None) -> Text:
    """Return the status as one page, as wide as the terminal."""
    drawing = Console(width=console.width, force_terminal=True, highlight=False, color_system="standard")
    with drawing.capture() as drawn:
        show(facts, Screen(drawing), pace)
    return Text.from_ansi(drawn.get().strip("\n"))


def cut(page: Text, height: int) -> Text:
    """Return the lines that fit; the last one says how many do not."""
    lines = page.split("\n", allow_blank=True)
    if len(lines) <= height:
        return page
    rest = Text(f"… {len(lines) - height + 1} more lines", style="dim")
    return Text("\n").join([*lines[: height - 1], rest])
