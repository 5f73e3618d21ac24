"""``postloom import``: a Telegram Desktop export into the archive."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer


def import_(
    path: Annotated[Path, typer.Argument(help="The export's folder, or its result.json.")],
    tenant: Annotated[str, typer.Option(help="Whose it is: a name or an id.", show_default=False)],
    chat: Annotated[
        str | None, typer.Option(help="Which chat of a whole account: its id or its name.")
    ] = None,
    timezone: Annotated[
        str, typer.Option(help="Where the exporting computer stood (exports before 2022).")
    ] = "UTC",
    as_json: Annotated[bool, typer.Option("--json", help="Write the report as JSON.")] = False,
) -> None:
    """Import a Telegram Desktop export (JSON). Run again, it adds only what is new."""
    from cli.importing_work import Wish, import_into

    try:
        asyncio.run(import_into(Wish(path, tenant, chat, timezone), as_json=as_json))
    except KeyboardInterrupt:
        typer.echo("Stopped. Nothing is half done: run the same command again and it goes on.", err=True)
        raise typer.Exit(130) from None
