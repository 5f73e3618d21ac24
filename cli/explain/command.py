"""``postloom explain``: one post, album or channel picture, from records and what the engine still knows."""

from typing import Annotated

import typer


def explain(
    subject: Annotated[
        str,
        typer.Argument(help="A post id, a workflow id (post:…, album:…, channel-photo:…) or a t.me link."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Tell of one: every stage with its result and times, its parks, what was tried again, the events, its end."""
    import asyncio

    from cli.explain.work import explain_and_show

    asyncio.run(explain_and_show(subject, as_json=as_json))
