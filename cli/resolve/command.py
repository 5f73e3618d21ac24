"""``postloom resolve``: decides about what waits."""

from typing import Annotated

import typer


def resolve(  # noqa: PLR0913, PLR0917  # one for each option
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="[POST] retry|skip [STAGE]|give-up",
            help="Whom (post id, workflow id or t.me link; else all that the options name), and what.",
        ),
    ],
    reason: Annotated[
        str | None, typer.Option(help="All with this reason, as tags:RateLimitedError.")
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="All of this tenant.")] = None,
    channel: Annotated[
        str | None, typer.Option(help="All of this channel: a username, a title or an id.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who decides, for the record; you, unless said.")] = None,
    note: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask before many are skipped or given up.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be told, tell nobody.")] = False,
) -> None:
    """Let what waits go on: retry, skip a stage, or give up. For one, or for all that the options name."""
    import asyncio

    from cli.resolve.work import Wish, resolve_and_say

    wish = Wish(tuple(words), reason, tenant, channel, by, note, yes, dry_run)
    raise typer.Exit(asyncio.run(resolve_and_say(wish)))
