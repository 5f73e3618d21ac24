"""``postloom demo``: an export through the whole pipeline, and what came of it."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    export: Annotated[
        Path | None, typer.Option(help="A Telegram Desktop export; without it, an invented city channel.")
    ] = None,
    chat: Annotated[
        str | None, typer.Option(help="Which chat of a whole account: its id or its name.")
    ] = None,
    timezone: Annotated[
        str, typer.Option(help="Where the exporting computer stood (exports before 2022).")
    ] = "UTC",
) -> None:
    """Send an export through the whole pipeline and show what came of it. Nothing leaves this machine."""
    from cli.demo.work import Wish, run_demo
    from cli.signals import until_signalled

    raise typer.Exit(until_signalled(run_demo(Wish(export, chat, timezone)), stopped=130))
