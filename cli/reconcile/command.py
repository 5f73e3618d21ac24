"""``postloom reconcile``: the archive against its stores."""

from typing import Annotated

import typer


def reconcile(
    tenant: Annotated[str | None, typer.Option(help="A name or an id; without it, everybody's.")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Repair what differs.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Compare the archive with vectors, graph, objects and streams; exit status 1 when something differs."""
    import asyncio

    from cli.reconcile.work import Wish, reconcile_and_show

    try:
        status = asyncio.run(reconcile_and_show(Wish(tenant, apply=apply), as_json=as_json))
    except KeyboardInterrupt:
        typer.echo("The service goes on with it; the same command follows it again.", err=True)
        raise typer.Exit(130) from None
    raise typer.Exit(status)
