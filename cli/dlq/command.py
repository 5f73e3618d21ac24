"""``postloom dlq``: dead letters, seen and replayed."""

from typing import Annotated

import typer

app = typer.Typer(
    help="Dead letters: entries that could not be read, and stages that wait for you.", no_args_is_help=True
)

Stream = Annotated[str | None, typer.Option("--stream", help="Only letters of this stream, as posts:parsed.")]
Reason = Annotated[
    str | None, typer.Option("--reason", help="Only letters with this code, as unknown_tenant.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Write JSON.")]


@app.command("list")
def list_(
    stream: Stream = None,
    reason: Reason = None,
    limit: Annotated[int, typer.Option(min=1, help="How many are shown, the newest.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List dead letters of all streams."""
    import asyncio

    from cli.dlq.work import list_letters

    asyncio.run(list_letters(stream, reason, limit, as_json=as_json))


@app.command("show")
def show(
    id: Annotated[str, typer.Argument(metavar="ID", help="As listed: posts:parsed/1700000000000-0.")],
    stream: Stream = None,
    as_json: AsJson = False,
) -> None:
    """Show a dead letter whole, with the entry that it keeps."""
    import asyncio

    from cli.dlq.work import show_letter

    asyncio.run(show_letter(id, stream, as_json=as_json))


@app.command("replay")
def replay(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Which; or --all.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All, as far as --stream and --reason let.")] = False,
    stream: Stream = None,
    reason: Reason = None,
    as_json: AsJson = False,
) -> None:
    """Do once more what letters are about; those that Temporal accepts are removed."""
    import asyncio

    from cli.dlq.replay import Wish, replay_and_show

    wish = Wish(tuple(ids or ()), every, stream, reason)
    raise typer.Exit(asyncio.run(replay_and_show(wish, as_json=as_json)))
