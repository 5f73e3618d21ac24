"""How what waits for a human is shown."""

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cli.ages import ago, lasted, moment_of
from cli.screen import Cell, Screen
from cli.stuck.listing import Stuck

NOT_RECORDED = "not recorded; `postloom explain` asks the workflow itself"


def show_list(found: Sequence[Stuck], limit: int, call: str, screen: Screen, now: datetime) -> None:
    """Show each that waits: on a terminal three lines, elsewhere one."""
    shown = found[:limit]
    if not found:
        screen.line("nothing waits for you")
    elif screen.is_terminal:
        screen.line(f"{len(found)} waiting for you", style="bold")
        for one in shown:
            _show(one, call, screen, now)
        _rest(found, limit, call, screen)
    else:
        names = ("what", "reason", "sentence", "since", "until", "tries", "do")
        screen.rows(names, (_row(one, call) for one in shown))


def show_groups(groups: Sequence[Mapping[str, Any]], screen: Screen) -> None:
    """Show how many wait for each reason, channel or tenant, with a command for all of them."""
    if not groups:
        screen.line("nothing waits for you")
    elif screen.is_terminal:
        for group in groups:
            screen.line()
            screen.line(f"{group['count']:>5}  {group['group']}", style="bold")
            screen.line(f"       {group['do']}", style="dim")
    else:
        screen.rows(
            ("count", "group", "do"), [(group["count"], group["group"], group["do"]) for group in groups]
        )


def next_command(one: Stuck, call: str) -> str:
    """Return the command that lets it go on; what takes no decisions is looked at with the engine's own."""
    if not one.can_be_told:
        return f"temporal workflow describe --workflow-id {shlex.quote(one.workflow_id)}"
    return f"{call} resolve {shlex.quote(one.name)} retry"


def called(one: Stuck) -> str:
    """Return what people call it: its link, else channel and number."""
    if one.kind == "post":
        return one.link or f"{one.channel} #{one.number}"
    if not one.can_be_told:
        return f"{one.kind} {one.workflow_id}"
    return f"{one.kind} {one.channel} #{one.number}"


def _show(one: Stuck, call: str, screen: Screen, now: datetime) -> None:
    tries = f", {one.tries} {'try' if one.tries == 1 else 'tries'}" if one.tries else ""
    left = f", {lasted(one.until - now)} left" if one.until else ""
    screen.line()
    screen.line(f"{called(one)}  {one.reason}", style="bold")
    screen.line(f"  {one.tenant}: waits {ago(one.since, now)}{left}{tries}", style="dim")
    screen.line(f"  {one.message or NOT_RECORDED}")
    screen.line(f"  {next_command(one, call)}", style="cyan")


def _rest(found: Sequence[Stuck], limit: int, call: str, screen: Screen) -> None:
    screen.line()
    if len(found) > limit:
        screen.line(f"{len(found) - limit} more: {call} stuck --by reason", style="yellow")
    screen.line("Instead of retry: skip [STAGE], give-up. All of a reason at once: --reason.", style="dim")


def _row(one: Stuck, call: str) -> Sequence[Cell]:
    since, until = moment_of(one.since), moment_of(one.until)
    sentence = " ".join((one.message or "not recorded").split())
    return called(one), one.reason, sentence, since, until, one.tries, next_command(one, call)
