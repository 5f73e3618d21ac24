"""What ``postloom reconcile`` shows: one line for each kind of difference, and what came of it."""

from typing import Final

from cli.screen import Screen
from contracts.reconciling import Difference, Kind, ReconcileProgress, ReconcileResult

#: What --apply does about each kind; nothing about what nobody can make again.
_CURES: Final = {
    Kind.VISION: "written again",
    Kind.PAGES: "read again",
    Kind.SUMMARIES: "put together again",
    Kind.POINTS: "indexed again",
    Kind.STRAY_POINTS: "removed",
    Kind.NODES: "linked again",
    Kind.ALBUM_NODES: "put together again",
    Kind.CHANNEL_PHOTOS: "recorded again",
    Kind.STRAY_NODES: "removed",
    Kind.EVENTS: "appended again",
}
_HINTS: Final = {
    Kind.MEDIA: (
        "files cannot be made again: import the export that they came from once more, and they are restored"
    ),
    Kind.PAGES: "pages that could not be read again keep their text in the archive, and are not asked for any more",
}


def show_result(result: ReconcileResult, screen: Screen) -> None:
    """Show what differs and what was done."""
    if result.state == "same":
        screen.line(f"Nothing differs: {result.looked} things compared.", style="green")
        return
    rows = [
        (each.kind.store, each.kind.what, each.count, _done(each, apply=result.apply), each.examples[0])
        for each in result.differences
    ]
    screen.rows(("store", "what", "how many", "done", "for example"), rows)
    for each in result.differences:
        if each.kind in _HINTS and each.repaired < each.count and (result.apply or each.kind is Kind.MEDIA):
            screen.line(f"  {_HINTS[each.kind]}.", style="yellow")
    if not result.apply:
        screen.line("`postloom reconcile --apply` repairs what can be repaired.")
    elif result.state == "repaired":
        screen.line("Everything was repaired.", style="green")
    else:
        screen.line("Not everything could be repaired; ask again to see what is left.", style="yellow")


def _done(difference: Difference, *, apply: bool) -> str:
    cure = _CURES.get(difference.kind)
    if not apply:
        return f"would be {cure}" if cure else "cannot be repaired from here"
    if cure is None:
        return "cannot be repaired from here"
    return cure if difference.repaired == difference.count else f"{difference.repaired} {cure}"


def words_of(progress: ReconcileProgress) -> str:
    """Return how far a comparison is, for people."""
    walk = progress.walk
    differ = sum(difference.count for difference in walk.differences)
    repaired = sum(difference.repaired for difference in walk.differences)
    told = f", {differ} differ" if differ else ""
    cured = f", {repaired} repaired" if progress.apply and differ else ""
    return f"{walk.check or 'done'}: {walk.looked} of about {walk.total}{told}{cured}"
