"""``postloom retag``: one post, or many in the background."""

import asyncio
from typing import Annotated

import typer


def retag(  # noqa: PLR0913, PLR0917  one option each
    post: Annotated[
        str | None, typer.Argument(help="A post id, a workflow id or a t.me link; or name a --tenant.")
    ] = None,
    tenant: Annotated[str | None, typer.Option(help="Whose posts, all of them: a name or an id.")] = None,
    channel: Annotated[
        str | None, typer.Option(help="Of that channel only: an id, a username, a Telegram id or a title.")
    ] = None,
    tag: Annotated[str | None, typer.Option(help="Only posts with that tag.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only posts that were posted since that day: 2026-03-01.")
    ] = None,
    failed_only: Annotated[
        bool, typer.Option("--failed-only", help="Only posts that are parked, failed, or have no tags.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    rate: Annotated[float, typer.Option(help="Posts per second at most.", min=0.01, max=1000)] = 5,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Tag a post once more, now; or all posts of a tenant in the background, as a campaign."""
    from cli.campaign.launching import Manner, launch
    from cli.campaign.wish import Wish, moment
    from cli.errors import CommandError
    from cli.retag.work import retag_one

    many = channel or tag or since or failed_only or dry_run
    if post is not None:
        if many:
            raise CommandError("a post is tagged by itself: leave out the other options, or the post", 2)
        asyncio.run(retag_one(post, tenant, as_json=as_json))
    elif tenant is None:
        raise CommandError(
            "say which post, or whose posts with --tenant NAME (see `postloom retag --help`)", 2
        )
    else:
        wish = Wish(tenant, "retag", channel, tag, moment(since), failed_only)
        asyncio.run(launch(wish, Manner(rate, dry_run=dry_run, yes=yes, as_json=as_json)))
