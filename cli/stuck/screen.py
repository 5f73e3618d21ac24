"""How what waits is shown."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from cli.ages import ago, moment_of
from cli.screen import Cell, Screen
from cli.stuck.listing import Stuck
from domain.moments import ahead, lasted

NOTHING = "nothing waits for you"
NOT_RECORDED = "not recorded; `postloom explain` asks the workflow itself"


def show_list(found: Sequence[Stuck], limit: int, call: str, screen: Screen, now: datetime) -> None:
    """Show each that waits, on a terminal in four lines, elsewhere in one."""
    shown = found[:limit]
    if not found:
        screen.line(NOTHING)
    elif screen.is_terminal:
        screen.line(_headline(found), style="bold")
        for one in shown:
            _show(one, call, screen, now)
        _rest(found, limit, call, screen)
    else:
        names = ("what", "reason", "sentence", "since", "until", "goes on", "tries", "do")
        screen.rows(names, (_row(one, call, now) for one in shown))


def _headline(found: Sequence[Stuck]) -> str:
    need = sum(one.needs_human for one in found)
    own = len(found) - need
    waiting = f"{need} waiting for you" if need else NOTHING
    return (
        f"{waiting}, {own} {'goes on by itself' if own == 1 else 'go on by themselves'}" if own else waiting
    )


def show_groups(groups: Sequence[Mapping[str, Any]], screen: Screen, now: datetime) -> None:
    """Show how many wait for each reason, channel or tenant, with a command for all of them."""
    if not groups:
        screen.line(NOTHING)
    elif screen.is_terminal:
        for group in groups:
            screen.line()
            screen.line(f"{group['count']:>5}  {group['group']}", style="bold")
            if group["goes_on_at"]:
                own = group["count"] - group["need_you"]
                first = f"the first {ahead(group['goes_on_at'], now)}"
                screen.line(f"       {own} by themselves, {first}" if own else f"       in part {first}")
            screen.line(f"       {group['do']}", style="dim")
    else:
        names = ("count", "need you", "group", "goes on", "do")
        screen.rows(names, (_group_row(group, now) for group in groups))


def _group_row(group: Mapping[str, Any], now: datetime) -> Sequence[Cell]:
    moment = group["goes_on_at"]
    goes_on = ahead(moment, now) if moment else ""
    return group["count"], group["need_you"], group["group"], goes_on, group["do"]


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
    screen.line()
    screen.line(f"{called(one)}  {one.reason}", style="bold")
    screen.line(f"  {one.tenant}: {', '.join(_times(one, now))}", style="dim")
    screen.line(f"  {one.message or NOT_RECORDED}")
    screen.line(f"  {next_command(one, call)}", style="cyan")


def _times(one: Stuck, now: datetime) -> Iterator[str]:
    yield f"waits {ago(one.since, now)}"
    if one.until:
        yield f"{lasted(one.until - now)} left"
    if one.goes_on_at:
        yield f"goes on {ahead(one.goes_on_at, now)}"
    if one.tries and one.needs_human:
        yield f"{one.tries} {'try' if one.tries == 1 else 'tries'}"


def _rest(found: Sequence[Stuck], limit: int, call: str, screen: Screen) -> None:
    screen.line()
    if len(found) > limit:
        screen.line(f"{len(found) - limit} more: {call} stuck --by reason", style="yellow")
    screen.line("Instead of retry: skip [STAGE], give-up. All of a reason at once: --reason.", style="dim")


def _row(one: Stuck, call: str, now: datetime) -> Sequence[Cell]:
    since, until = moment_of(one.since), moment_of(one.until)
    goes_on = ahead(one.goes_on_at, now) if one.goes_on_at else ""
    sentence = " ".join((one.message or "not recorded").split())
    return called(one), one.reason, sentence, since, until, goes_on, one.tries, next_command(one, call)
