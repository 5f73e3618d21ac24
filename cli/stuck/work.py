"""Gathering and showing what waits."""

import shlex
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from cli.screen import Screen, show_json
from cli.stuck.listing import Stuck, Which, stuck
from cli.stuck.screen import next_command, show_groups, show_list
from cli.tools import tenant_named, tools


async def show_stuck(by: str | None, tenant: str | None, limit: int, *, as_json: bool) -> None:
    """Show what waits, one by one or counted.

    Raises:
        CommandError: no service runs, or there is no such tenant.
        UnavailableError: the engine or the archive does not answer.
    """
    async with tools() as hand:
        wanted = Which(tenant_id=await tenant_named(hand.pool, tenant))
        found = await stuck(hand.client, hand.pool, wanted)
    if by:
        groups = grouped(found, by, hand.call, tenant)
        if as_json:
            show_json({**_totals(found), "groups": groups})
        else:
            show_groups(groups, Screen(), datetime.now(UTC))
    elif as_json:
        rows = [{**asdict(one), "do": next_command(one, hand.call)} for one in found[:limit]]
        show_json({**_totals(found), "stuck": rows})
    else:
        show_list(found, limit, hand.call, Screen(), datetime.now(UTC))


def _totals(found: Sequence[Stuck]) -> dict[str, int]:
    need = sum(one.needs_human for one in found)
    return {"total": len(found), "need_you": need, "go_on_by_themselves": len(found) - need}


def grouped(found: Sequence[Stuck], by: str, call: str, tenant: str | None = None) -> list[dict[str, Any]]:
    """Return the groups, each with its counts and a command for all of it: first what needs you, the largest first."""
    groups: dict[tuple[str, str], list[Stuck]] = defaultdict(list)
    for one in found:
        for key in _groups(one, by):
            groups[key].append(one)
    whose = f" --tenant {shlex.quote(tenant)}" if tenant and by != "tenant" else ""
    rows = [
        {
            "group": title,
            "count": len(ones),
            "need_you": sum(one.needs_human for one in ones),
            "goes_on_at": min((one.goes_on_at for one in ones if one.goes_on_at), default=None),
            "do": f"{call} resolve --{by} {shlex.quote(value)}{whose} retry",
        }
        for (value, title), ones in groups.items()
    ]
    return sorted(rows, key=lambda row: (not row["need_you"], -row["count"]))


def _groups(one: Stuck, by: str) -> list[tuple[str, str]]:
    """Return for each group that it belongs to what a command calls the group, and its title."""
    if by == "channel":
        return [(str(one.tg_channel_id), one.channel)]
    return [(value, value) for value in (one.reasons if by == "reason" else (one.tenant,))]
