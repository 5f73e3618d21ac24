"""What is shown alike of posts, albums and channel pictures: the run, its parks, what was tried again, events."""

from typing import Any

from cli.ages import ago, moment_of
from cli.screen import Cell, Screen
from contracts.parking import BY_ITSELF

Facts = dict[str, Any]


def run_words(workflow: Facts) -> str:
    """Return in a line where the latest run is."""
    if not workflow["known"]:
        return str(workflow["why"])
    said = (workflow["status"], workflow["attributes"].get("TgState"))
    words = ", ".join([*filter(None, said), f"{workflow['history_events']} history events"])
    return f"{words}: {workflow['failure']}" if workflow.get("failure") else words


def show_parks(facts: Facts, screen: Screen, retry: str) -> None:
    """Show each time that it was parked: why, since when, and how that ended."""
    parks, workflow = facts["parks"], facts["workflow"]
    if parks:
        screen.title("Parks")
    for park in parks:
        screen.line(f"  {moment_of(park['since'])}  {park['reason']}: {park['message']}")
        for problem in park["problems"][1:]:
            screen.line(f"    and {problem['stage']}:{problem['error']}: {problem['message']}")
        screen.line(f"    {_end(park, workflow)}", style="dim" if park["ended_at"] else "yellow")
    if parks and _waits(parks[-1], workflow):
        screen.line(f"    {retry}", style="cyan")
    if not parks:
        _problems(workflow, screen)


def show_tries(workflow: Facts, screen: Screen) -> None:
    """Show what did not succeed at once, and what is being tried now; or that the engine has forgotten."""
    if not workflow["known"]:
        return
    rows = [*map(_tried, workflow["retries"]), *map(_trying, workflow["pending"])]
    if rows:
        screen.title("Tried again (in the latest run)")
        screen.rows(("activity", "attempts", "ended", "last error"), rows)


def show_events(events: list[Facts], screen: Screen) -> None:
    """Show what was told."""
    screen.title("Events")
    rows = [(e["event_type"], e["stream"], e["entry_id"] or "not sent yet") for e in events]
    screen.rows(("event", "stream", "entry"), rows)
    if not rows:
        screen.line("  none")


def _end(park: Facts, workflow: Facts) -> str:
    if park["ended_at"] is None:
        return _open(park, workflow)
    stage = f" {park['left_out']}" if park["left_out"] else ""
    by = f" by {park['decided_by']}" if park["decided_by"] else ""
    note = f" ({park['note']})" if park["note"] else ""
    what = f"{park['action']}{stage}" if park["action"] else _woken(park["woken_by"])
    return f"ended {moment_of(park['ended_at'])}: {what}{by}{note}"


def _woken(by: str | None) -> str:
    return "went on by itself" if by == BY_ITSELF else f"woken by {by or 'something'}"


def _open(park: Facts, workflow: Facts) -> str:
    if _waits(park, workflow):
        verb = "until" if _needs_human(park) else "goes on by itself"
        return f"waits {ago(park['since'])}, {verb} {moment_of(park['until'])}"
    if workflow["known"] and workflow["run_id"] == park["run_id"] and workflow["status"] != "running":
        return f"ended with its workflow: {workflow['failure'] or workflow['status']}"
    return f"waited until {moment_of(park['until'])} at most; how it ended is not recorded"


def _waits(park: Facts, workflow: Facts) -> bool:
    running = workflow["known"] and workflow["status"] == "running" and workflow["run_id"] == park["run_id"]
    return running and park["ended_at"] is None


def _needs_human(park: Facts) -> bool:
    return any(not problem.get("goes_on_at") for problem in park["problems"])


def _problems(workflow: Facts, screen: Screen) -> None:
    for problem in (workflow.get("says") or {}).get("problems", ()):
        screen.line(f"  stuck at {problem['stage']}: {problem['error']}: {problem['message']}", style="red")


def _tried(row: Facts) -> tuple[Cell, ...]:
    return row["activity"], row["attempts"], row["ended"], _error(row)


def _trying(row: Facts) -> tuple[Cell, ...]:
    return row["activity"], row["attempts"], f"next {row['next_try'] or 'now'}", _error(row)


def _error(row: Facts) -> str:
    return f"{row['error']}: {row['message']}" if row["error"] else ""
