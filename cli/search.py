"""``postloom search``: asks the running service, which alone can hold the index of one machine."""

from typing import Annotated

import typer


def search(  # noqa: PLR0913, PLR0917  # one for each option
    text: Annotated[list[str], typer.Argument(help="What to look for, in your own words.")],
    tenant: Annotated[str | None, typer.Option(help="A name or an id; without it, everybody's.")] = None,
    channel: Annotated[str | None, typer.Option(help="A username, a title or an id.")] = None,
    tag: Annotated[str | None, typer.Option(help="Only posts with this tag.")] = None,
    since: Annotated[str | None, typer.Option(help="Only posts from this day on, as 2026-03-01.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 10,
    related: Annotated[bool, typer.Option("--related", help="Show what each post is connected to.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Find posts by what they say."""
    from cli.search_work import Wish, search_and_show

    words = {
        "text": " ".join(text),
        "tenant": tenant,
        "channel": channel,
        "tag": tag,
        "since": since,
        "limit": str(limit),
    }
    wish: Wish = {**words, "related": "1" if related else None}
    search_and_show(wish, as_json=as_json)
