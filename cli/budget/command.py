"""``postloom budget``: what a tenant may spend in a day, and what is left of it."""

import asyncio
from typing import Annotated

import typer

app = typer.Typer(
    help="What a tenant may spend on providers in a day (UTC), and what is left of it.", no_args_is_help=True
)


@app.command("show")
def show(
    tenant: Annotated[str | None, typer.Option(help="Of that tenant only: a name or an id.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Show today's limits, what is spent, reserved and left, and when it begins anew."""
    from cli.budget.work import show_budgets

    asyncio.run(show_budgets(tenant, as_json=as_json))


@app.command("set")
def set_(
    tenant: Annotated[str, typer.Argument(help="A name or an id.")],
    stage: Annotated[
        str | None,
        typer.Option(
            help="Only for that stage: tags, vision or vectors; for everything together, unless said."
        ),
    ] = None,
    tokens: Annotated[str | None, typer.Option(help="Tokens a day, or none for no limit.")] = None,
    money: Annotated[str | None, typer.Option(help="Money a day, as 12.50, or none for no limit.")] = None,
    by: Annotated[str | None, typer.Option(help="Who decides, for the record; you, unless said.")] = None,
) -> None:
    """Give a tenant a budget of its own. It counts at once, and what waits for it goes on."""
    from cli.budget.amounts import wish_of
    from cli.budget.work import set_budget

    asyncio.run(set_budget(tenant, wish_of(stage, tokens, money), by))
