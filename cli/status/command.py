"""``postloom status``: where everything is."""

from typing import Annotated

import typer


def status(
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again every two seconds, until Ctrl-C.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Show posts by state and stage, albums, streams, workflows, stores and the parts of the service."""
    import asyncio

    from cli.status.work import show_status

    asyncio.run(show_status(watch=watch, as_json=as_json))
