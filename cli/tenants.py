"""``postloom tenants``: whose channels are kept apart from whose."""

import asyncio
from typing import Annotated

import typer

app = typer.Typer(
    help="Whose channels these are: nothing of one tenant shows in another.", no_args_is_help=True
)


@app.command("add")
def add(name: Annotated[str, typer.Argument(help="A word of your choice.")]) -> None:
    """Make a tenant; a second time changes nothing."""
    from cli.tenants_work import add_tenant

    asyncio.run(add_tenant(name))


@app.command("list")
def list_(as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False) -> None:
    """List all tenants."""
    from cli.tenants_work import list_tenants

    asyncio.run(list_tenants(as_json=as_json))
