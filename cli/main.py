"""The ``postloom`` command: its groups, and the one place where errors become a sentence and an exit status."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Final

import typer
from typer.exceptions import TyperException

from cli import importing, search, tenants, up
from cli.bench.command import bench
from cli.budget import command as budget
from cli.campaign import command as campaign
from cli.delete.command import delete
from cli.demo.command import demo
from cli.dlq import command as dlq
from cli.doctor.command import doctor
from cli.explain.command import explain
from cli.policy import command as policy
from cli.reconcile.command import reconcile
from cli.resolve.command import resolve
from cli.retag.command import retag
from cli.status.command import status
from cli.stuck.command import stuck

INTERRUPTED: Final = 130

app = typer.Typer(
    name="postloom",
    help="Turns Telegram channels into a searchable, connected archive. Begin with `postloom demo`.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(up.up)
app.command("demo")(demo)
app.add_typer(tenants.app, name="tenants")
app.command("import")(importing.import_)
app.command("status")(status)
app.command("search")(search.search)
app.command("explain")(explain)
app.command("retag")(retag)
app.add_typer(campaign.app, name="campaign")
app.add_typer(budget.app, name="budget")
app.command("stuck")(stuck)
app.command("resolve")(resolve)
app.add_typer(dlq.app, name="dlq")
app.command("delete")(delete)
app.command("reconcile")(reconcile)
app.add_typer(policy.app, name="policy")
app.command("doctor")(doctor)
app.command("bench")(bench)


def main() -> None:
    """Run the command and leave at once: a process that used the engine's client may crash while it is taken down."""
    status = run(sys.argv[1:])
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    with contextlib.suppress(OSError):
        sys.stderr.flush()
    os._exit(status)


def run(words: Sequence[str]) -> int:
    """Do what the words ask for; return the exit status: 0 done, 1 failed, 2 wrong usage."""
    try:
        return app(list(words), prog_name="postloom", standalone_mode=False) or 0
    except TyperException as error:
        return _usage(error)
    except SystemExit as leaving:  # whoever reads our output has gone
        return leaving.code if isinstance(leaving.code, int) else 1
    except (KeyboardInterrupt, asyncio.CancelledError, typer.Abort):
        return _say("stopped", INTERRUPTED)
    except _foreseen() as error:  # evaluated only now: `--help` need not load what these come from
        from cli.foreseen import exit_status

        return _say(str(error), exit_status(error))


def _usage(error: TyperException) -> int:
    sentence = error.format_message().strip().rstrip(".")
    if not sentence:  # the help was shown instead
        return error.exit_code
    context = getattr(error, "ctx", None)
    hint = f" (see `{context.command_path} --help`)" if context else ""
    return _say(f"{sentence}{hint}", error.exit_code)


def _foreseen() -> tuple[type[Exception], ...]:
    from cli.foreseen import FORESEEN

    return FORESEEN


def _say(sentence: str, status: int) -> int:
    from cli.screen import note

    note(f"postloom: {sentence}")
    return status
