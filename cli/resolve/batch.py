"""One decision for many that wait: signals, a bounded number at a time."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final

from cli.errors import CommandError
from cli.meter import Meter
from cli.screen import Screen, note
from cli.stuck.listing import Stuck, Which, stuck
from cli.tools import Tools, confirm
from contracts.errors import UnavailableError
from contracts.post import Decision
from domain.decisions import RETRY, SKIP
from workflows.deciding import ClosedError, tell

#: Signals on their way at the same time.
AT_ONCE: Final = 20

TOLD: Final = "told"
GONE_ON: Final = "gone on meanwhile"
NOT_TOLD: Final = "not told"


async def resolve_many(hand: Tools, wanted: Which, decision: Decision, *, yes: bool, dry_run: bool) -> int:
    """Tell all that wait and are wanted; say how many; return 1 when nobody of them could be told.

    Raises:
        CommandError: nobody confirmed it.
        UnavailableError: the list cannot be had.
    """
    screen, decision = Screen(), meant(decision, wanted.reason)
    found = await stuck(hand.client, hand.pool, wanted)
    able = [one for one in found if can(one, decision)]
    for line in _left_out(found, able, decision):
        screen.line(line, style="yellow")
    if not able:
        screen.line("nobody was told" if found else "nothing like that waits")
        return 1 if found else 0
    if dry_run:
        _show_plan(able, decision, screen)
        return 0
    if decision.action != RETRY:
        confirm(f"{_words(decision)} for {len(able)} that wait?", yes=yes)
    outcome = await _tell_all(hand, able, decision)
    return _report(outcome, decision, screen)


def can(one: Stuck, decision: Decision) -> bool:
    """Whether the decision can be about it: only of posts stages can be left out, and only what is stuck there."""
    if decision.action != SKIP:
        return one.can_be_told
    optional = {problem["stage"] for problem in one.problems if problem.get("optional", True)}
    fits = decision.stage in optional if decision.stage else bool(optional)
    return one.kind == "post" and (fits or not one.problems)


def meant(decision: Decision, reason: str | None) -> Decision:
    """Return the decision for all that are stuck for a reason: to skip leaves out what they are stuck at, no more."""
    if decision.action != SKIP or decision.stage or not reason:
        return decision
    return decision.model_copy(update={"stage": reason.partition(":")[0]})


def _left_out(found: Sequence[Stuck], able: Sequence[Stuck], decision: Decision) -> list[str]:
    kept = {one.workflow_id for one in able}
    out = [one for one in found if one.workflow_id not in kept]
    others = Counter(f"{one.kind}s" for one in out if one.kind != "post")
    lines = [
        f"{count} {kind} are left out: that cannot be decided about them" for kind, count in others.items()
    ]
    posts = sum(one.kind == "post" for one in out)
    return [
        *lines,
        *(
            [
                f"{posts} posts are left out: {decision.stage or 'nothing'} is stuck there that could be skipped"
            ]
            if posts
            else []
        ),
    ]


def _show_plan(able: Sequence[Stuck], decision: Decision, screen: Screen) -> None:
    screen.line(f"{len(able)} would be told: {_words(decision)}")
    screen.rows(("waiting", "reason"), [(n, reason) for reason, n in Counter(o.reason for o in able).items()])


async def _tell_all(hand: Tools, able: Sequence[Stuck], decision: Decision) -> "Counter[str]":
    outcome: Counter[str] = Counter()
    began = time.monotonic()
    with Meter(decision.action) as meter:
        for first in range(0, len(able), AT_ONCE):
            some = able[first : first + AT_ONCE]
            outcome.update(await asyncio.gather(*(_tell(hand, one, decision) for one in some)))
            done = outcome.total()
            rate = done / max(time.monotonic() - began, 0.001)
            meter.show(done, len(able), f"{done} of {len(able)}, {rate:.0f}/s")
    return outcome


async def _tell(hand: Tools, one: Stuck, decision: Decision) -> str:
    try:
        await tell(hand.client, one.workflow_id, decision)
    except ClosedError:
        return GONE_ON
    except UnavailableError as error:
        note(f"{one.name}: {error}")
        return NOT_TOLD
    return TOLD


def _report(outcome: "Counter[str]", decision: Decision, screen: Screen) -> int:
    screen.line(f"{outcome[TOLD]} told: {_words(decision)}")
    if outcome[GONE_ON]:
        screen.line(f"{outcome[GONE_ON]} had gone on meanwhile")
    if outcome[NOT_TOLD]:
        raise CommandError(f"{outcome[NOT_TOLD]} could not be told: do it again")
    return 0


def _words(decision: Decision) -> str:
    return f"{decision.action} {decision.stage}" if decision.stage else decision.action
