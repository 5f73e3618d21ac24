"""``postloom explain``: one post or album, from records alone."""

from typing import Annotated

import typer


def explain(
    subject: Annotated[
        str, typer.Argument(help="A post id, a workflow id (post:…, album:…) or a t.me link.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Tell of a post or album: every stage with its result, reason and times, and the events that were sent."""
    import asyncio

    from cli.explain.work import explain_and_show

    asyncio.run(explain_and_show(subject, as_json=as_json))
