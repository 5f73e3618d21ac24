"""Showing the status, once or again and again."""

import asyncio
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from cli.screen import Screen, show_json
from cli.status_gather import gather, sources
from cli.status_screen import show
from runtime.settings import load_settings

#: Seconds between two looks.
AGAIN: Final = 2.0


async def show_status(*, watch: bool, as_json: bool) -> None:
    """Show the status; with ``watch`` until the user stops it.

    Raises:
        CommandError: no service runs.
    """
    screen = Screen()
    async with sources(load_settings()) as ask:
        if watch and screen.is_terminal and not as_json:
            with Live(console=screen.console, screen=True, auto_refresh=False) as live:
                while True:
                    live.update(_page(await gather(ask), screen.console), refresh=True)
                    await asyncio.sleep(AGAIN)
        while True:
            facts = await gather(ask)
            show_json(facts) if as_json else show(facts, screen)
            if not watch:
                return
            await asyncio.sleep(AGAIN)


def _page(facts: dict[str, object], console: Console) -> Text:
    """Return the status as one page, as wide as the terminal and cut at its end."""
    drawing = Console(width=console.width, force_terminal=True, highlight=False, color_system="standard")
    with drawing.capture() as drawn:
        show(facts, Screen(drawing))
    return Text.from_ansi(drawn.get().strip("\n"))
