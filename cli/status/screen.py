"""The page that ``postloom status`` shows."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from cli.screen import Screen, seconds
from cli.status.spending import show_spending
from contracts.stages import Stage

Facts = dict[str, Any]
STATES = ("pending", "tagged", "enriched", "indexed", "skipped", "failed")
#: Not among the posts that are there: tombstones tell of these.
DELETED = "deleted"


def show(facts: Facts, screen: Screen, pace: str | None = None) -> None:
    """Show everything, the most asked for first; ``pace`` is how fast it goes, when something moves."""
    _service(facts, screen)
    _posts(facts, screen, pace)
    _fills(facts["fills"], screen)
    _stages(facts["stages"], screen)
    _streams(facts["streams"], screen)
    _workflows(facts["workflows"], screen)
    show_spending(facts["spending"], screen)
    screen.title("Addresses")
    screen.facts(facts["addresses"].items())


def _posts(facts: Facts, screen: Screen, pace: str | None) -> None:
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for row in facts["posts"]:
        counts[row["tenant"]][row["state"]] = row["posts"]
    albums = {row["tenant"]: row for row in facts["albums"]}
    screen.title("Posts and albums")
    if counts:
        rows = [_tenant(name, states, albums.get(name)) for name, states in sorted(counts.items())]
        screen.rows(("tenant", "posts", *STATES[:3], *STATES[3:], "albums put together"), rows)
    else:
        screen.line("  none yet: `postloom import PATH --tenant NAME`")
    for row in facts["unfinished"]:
        where = f"waiting or under way, last stage done: {row['after_stage']}"
        screen.line(f"  {row['tenant']}: {row['posts']} {where}", style="dim")
    for name, states in sorted(counts.items()):
        if states.get(DELETED):
            screen.line(f"  {name}: {states[DELETED]} deleted", style="dim")
    for row in facts["channel_pictures"]:
        screen.line(f"  {row['tenant']}: {_channel_pictures(row)}", style="dim")
    if pace:
        screen.line(f"  {pace}", style="green")


def _tenant(name: str, states: dict[str, int], albums: Facts | None) -> list[str | int]:
    kept = sum(count for state, count in states.items() if state != DELETED)
    return [name, kept, *(states.get(state, 0) for state in STATES), _assembled(albums)]


def _assembled(albums: Facts | None) -> str:
    if albums is None:
        return ""
    partial = f", {albums['partial']} partial" if albums["partial"] else ""
    return f"{albums['complete'] + albums['partial']}/{albums['albums']}{partial}"


def _channel_pictures(row: Facts) -> str:
    left = f", {row['unrecorded']} of them not looked at yet" if row["unrecorded"] else ""
    return f"{row['pictures']} channel pictures{left}"


def _fills(fills: list[Facts] | None, screen: Screen) -> None:
    """Show what the switch to another embedder waits for."""
    if not fills:
        return
    screen.title("Vectors by another embedder (search reads the old collection until the new one is full)")
    rows = [(f["tenant"], f["searched"], f["wanted"], f"{f['filled']}/{f['posts']} posts") for f in fills]
    screen.rows(("tenant", "searched", "being filled", "filled"), rows)


def _stages(rows: list[Facts], screen: Screen) -> None:
    """Show what stages did, all tenants together; JSON has them apart."""
    if not rows:
        return
    sums: dict[tuple[str, str, str], list[float]] = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        known = sums[row["stage"], row["outcome"], row["reason"] or ""]
        known[:] = [have + row[name] for have, name in zip(known, ("posts", "runs", "seconds"), strict=True)]
    order = list(Stage)
    lines = [
        (stage, outcome, reason.replace("_", " "), int(posts), int(runs), seconds(took / posts))
        for (stage, outcome, reason), (posts, runs, took) in sorted(
            sums.items(), key=lambda item: (order.index(Stage(item[0][0])), item[0][1], -item[1][0])
        )
    ]
    screen.title("Stages")
    screen.rows(("stage", "outcome", "reason", "posts", "runs", "each took"), lines)


def _streams(streams: list[Facts] | None, screen: Screen) -> None:
    screen.title("Streams (of each reader: not delivered, not acknowledged)")
    if streams is None:
        screen.line("  Redis does not answer", style="red")
        return
    screen.rows(("stream", "length", "dead", "readers"), [list(_stream(stream)) for stream in streams])
    if dead := sum(stream["dead_letters"] for stream in streams):
        screen.line(f"  {dead} dead letters: `postloom dlq list`", style="yellow")


def _stream(stream: Facts) -> Iterable[str | int]:
    groups = [
        f"{g['name']} {g['lag']}{'+' if g['lag_at_least'] else ''}, {g['pending']}" for g in stream["groups"]
    ]
    return stream["stream"], stream["length"], stream["dead_letters"], "; ".join(groups)


def _workflows(workflows: Facts | None, screen: Screen) -> None:
    screen.title("Open workflows")
    if workflows is None:
        screen.line("  the workflow engine does not answer", style="red")
        return
    told = [
        f"{kind}: {', '.join(f'{count} {state}' for state, count in states.items())}"
        for kind, states in workflows["open"].items()
        if states
    ]
    for line in told or ["none"]:
        screen.line(f"  {line}")
    _parked(workflows["stuck"], workflows["deferred"], screen)


def _parked(stuck: dict[str, int], deferred: dict[str, int], screen: Screen) -> None:
    """Show how many wait for somebody, and how many till later."""
    if not (stuck or deferred):
        return
    words = (f"{sum(stuck.values())} need you", f"{sum(deferred.values())} go on by themselves")
    said = ", ".join(word for word, some in zip(words, (stuck, deferred), strict=True) if some)
    screen.line(f"  {said}: `postloom stuck`", style="yellow" if stuck else "")
    for reason, count in stuck.items():
        screen.line(f"  {count} stuck at {reason}", style="yellow")
    for reason, count in deferred.items():
        screen.line(f"  {count} deferred at {reason}", style="dim")


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
        screen.line(f"  {len(service['checks'])} parts and stores, all well", style="green")
    for row in facts["outbox"]:
        screen.line(f"  {row['unsent']} events of lane {row['lane']} not sent yet", style="yellow")
