"""``postloom doctor``: what this machine has, and what to do about what it lacks."""

from typing import Annotated

import typer


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False) -> None:
    """Check every dependency and the running service; say what to do about what is missing."""
    import asyncio

    from cli.doctor.work import examine_and_show

    raise typer.Exit(asyncio.run(examine_and_show(as_json=as_json)))
