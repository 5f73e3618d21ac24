"""``postloom policy``: what a policy file says, and what it would do with a post."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="The policy file: which pictures are looked at, which links are read, which tags are kept.",
    no_args_is_help=True,
)

File = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="A policy file; without it, the one that is in use.")
]


@app.command("check")
def check(file: File = None) -> None:
    """Read a policy file and say every mistake in it, with its line; exit status 2 when there is one."""
    from cli.policy.work import check_file

    check_file(file)


@app.command("test")
def try_out(
    post: Annotated[str, typer.Argument(help="A post id, a workflow id or a t.me link.")],
    policy: Annotated[
        Path | None, typer.Option("--policy", help="Try this file instead of the one in use.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Say what would be done with each picture and link of a post, and why; nothing is done."""
    import asyncio

    from cli.policy.work import test_and_show

    asyncio.run(test_and_show(post, policy, as_json=as_json))
