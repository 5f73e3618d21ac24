"""The page that ``postloom status`` shows."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from cli.screen import Screen, seconds
from contracts.stages import Stage

Facts = dict[str, Any]
STATES = ("pending", "tagged", "enriched", "indexed", "skipped", "failed")


def show(facts: Facts, screen: Screen) -> None:
    """Show everything, the most asked for first."""
    _posts(facts, screen)
    _stages(facts["stages"], screen)
    _streams(facts["streams"], screen)
    _workflows(facts["workflows"], screen)
    _service(facts, screen)


def _posts(facts: Facts, screen: Screen) -> None:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in facts["posts"]:
        counts[row["tenant"]][row["state"]] = row["posts"]
    albums = {row["tenant"]: row for row in facts["albums"]}
    screen.title("Posts and albums")
    if not counts:
        screen.line("  none yet: `postloom import PATH --tenant NAME`")
        return
    rows = [_tenant(name, states, albums.get(name)) for name, states in sorted(counts.items())]
    screen.rows(("tenant", "posts", *STATES[:3], "indexed", "skipped", "failed", "albums"), rows)
    for row in facts["unfinished"]:
        screen.line(
            f"  {row['tenant']}: {row['posts']} under way, last stage done: {row['after_stage']}", style="dim"
        )


def _tenant(name: str, states: dict[str, int], albums: Facts | None) -> list[str | int]:
    done = (
        f"{albums['complete']} complete, {albums['partial']} partial of {albums['albums']}" if albums else ""
    )
    return [name, sum(states.values()), *(states.get(state, 0) for state in STATES), done]


def _stages(rows: list[Facts], screen: Screen) -> None:
    if not rows:
        return
    screen.title("Stages")
    order = list(Stage)
    tenants = {row["tenant"] for row in rows}
    lines = []
    for row in sorted(rows, key=lambda r: (r["tenant"], order.index(r["stage"]), r["outcome"], -r["posts"])):
        name = f"{row['tenant']}: {row['stage']}" if len(tenants) > 1 else row["stage"]
        each = seconds(row["seconds"] / row["posts"])
        lines.append(
            [name, row["outcome"], (row["reason"] or "").replace("_", " "), row["posts"], row["runs"], each]
        )
    screen.rows(("stage", "outcome", "reason", "posts", "runs", "each took"), lines)


def _streams(streams: list[Facts], screen: Screen) -> None:
    screen.title("Streams")
    rows = [list(_stream(stream)) for stream in streams]
    screen.rows(("stream", "length", "dead letters", "readers (not delivered, not acknowledged)"), rows)


def _stream(stream: Facts) -> Iterable[str | int]:
    groups = [
        f"{g['name']} ({'?' if g['lag'] is None else g['lag']}, {g['pending']})" for g in stream["groups"]
    ]
    return stream["stream"], stream["length"], stream["dead_letters"], "; ".join(groups)


def _workflows(counts: dict[str, dict[str, int]] | None, screen: Screen) -> None:
    screen.title("Open workflows")
    if counts is None:
        screen.line("  the workflow engine does not answer", style="red")
        return
    told = [
        f"{kind}: {', '.join(f'{n} {state}' for state, n in states.items())}"
        for kind, states in counts.items()
        if states
    ]
    for line in told or ["none"]:
        screen.line(f"  {line}")
    if any("needs_human" in states for states in counts.values()):
        screen.line(
            "  Stuck ones say why on their page in the Web UI: filter by TgState = needs_human.",
            style="yellow",
        )


def _service(facts: Facts, screen: Screen) -> None:
    screen.title("Service")
    service = facts["service"]
    bad = {name: check["why"] for name, check in service["checks"].items() if not check["ok"]}
    if not service["running"]:
        screen.line("  not running here: configured stores were asked", style="yellow")
    elif bad:
        for name, why in bad.items():
            screen.line(f"  {name}: {why}", style="red")
    else:
        screen.line("  every part and store is well: " + ", ".join(service["checks"]), style="green")
    for row in facts["outbox"]:
        screen.line(f"  {row['unsent']} events of lane {row['lane']} not sent yet", style="yellow")
    screen.facts(facts["addresses"].items())
