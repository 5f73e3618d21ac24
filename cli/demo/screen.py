"""What a newcomer sees at the end of the demo."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.text import Text

from cli.hints import command, make
from cli.screen import Cell, Screen, seconds
from cli.search_work import show_answer
from contracts.streams import POSTS_INDEXED
from workers.searching import Answer

Facts = dict[str, Any]


def show_summary(facts: Facts, screen: Screen) -> None:
    """Show what came of it, and what to try next."""
    screen.title(f"{facts['import']['channel'] or 'The chat'}: what came of it")
    screen.facts(_figures(facts))
    _skips(facts, screen)
    if facts["tags"]:
        screen.title("Tags")
        screen.line("  " + ", ".join(f"{row['tag']} ({row['posts']})" for row in facts["tags"]))
    screen.title("Streams, for other programs to read")
    screen.rows(("stream", "entries"), facts["streams"].items())
    if facts["streams"].get(POSTS_INDEXED, 0) > facts["posts"]["indexed"]:
        screen.line(
            "  An album refreshes the post with its caption, which is then indexed once more.", style="dim"
        )
    for search in facts["searches"]:
        screen.title(f"Search: {search['text']}")
        show_answer(Answer.model_validate(search), screen)
    _end(facts, screen)


def _figures(facts: Facts) -> Iterable[tuple[str, Cell]]:
    posts, albums, index = facts["posts"], facts["albums"], facts["index"]
    told = [f"{posts['total']}: {posts['indexed']} indexed", f"{posts['skipped']} skipped"]
    told += [f"{posts[name]} {name}" for name in ("parked", "unfinished") if posts[name]]
    graph = index["graph"]
    yield "posts", f"{', '.join(told)} ({facts['new_posts']} new)"
    yield "albums", f"{albums['total']}: {albums['complete']} complete, {albums['partial']} partial"
    yield "pictures", f"{facts['pictures_analysed']} analysed"
    yield "channel pictures", facts["channel_pictures"] or None
    yield "vector index", f"{index['vectors']} posts"
    yield (
        "graph",
        ", ".join(f"{n} {name}" for name, n in sorted(graph.items(), key=lambda item: -item[1])[:8]) or None,
    )
    yield "stages run", facts["stages_run"]
    yield (
        "time",
        f"{seconds(facts['seconds'])}, and {seconds(facts['starting_seconds'])} to start the servers",
    )


def _skips(facts: Facts, screen: Screen) -> None:
    rows = list(_left_out(facts))
    if rows:
        screen.title("What was left out, and why")
        screen.rows(("what", "reason", "how many"), rows)
    if unresolved := _unresolved(facts):
        screen.line(
            f"  The links of {unresolved} posts could not be resolved: is this machine offline?",
            style="yellow",
        )


def _unresolved(facts: Facts) -> int:
    """Return the posts with links to hosts that nobody knows, when most of the unread ones are such; else 0."""
    tried = {
        row["reason"]: row["posts"]
        for row in facts["skipped_stages"]
        if row["stage"] == "crawl" and row["reason"] not in {"no_links", "no_trigger"}
    }
    unresolved: int = tried.get("dns_failure", 0) + tried.get("dns_unavailable", 0)
    return unresolved if 2 * unresolved > sum(tried.values()) else 0


def _left_out(facts: Facts) -> Iterable[tuple[Cell, ...]]:
    for reason, count in facts["posts"]["skip_reasons"].items():
        yield "whole post", reason.replace("_", " "), count
    for row in facts["skipped_stages"]:
        yield f"stage {row['stage']}", (row["reason"] or "").replace("_", " "), row["posts"]
    for reason, count in facts["pictures_skipped"].items():
        yield "file", reason.replace("_", " "), count
    for reason, count in facts["import"]["skipped"].items():
        yield "message", f"no post: {reason.replace('_', ' ')}", count


def _end(facts: Facts, screen: Screen) -> None:
    up = make("up", Path(facts["data_dir"]))
    screen.title("Where to look")
    screen.facts([("summary", f"{facts['data_dir']}/summary.json")])
    if facts["web_ui"]:
        screen.facts(
            [
                (
                    "Web UI",
                    f"{facts['web_ui']} (while `{up}` runs; now it is stopped)",
                )
            ]
        )
    if facts["lost"]:
        screen.title("Not everything arrived")
        for sentence in facts["lost"]:
            screen.line(f"  {sentence}", style="red")
        screen.line(f"  Logs: {facts['data_dir']}/logs. `{up}` goes on where this stopped.", style="red")
        return
    screen.console.print(Text("\nEverything arrived. Three commands to try next:", style="bold green"))
    for words, what in _next(facts):
        screen.line(f"  {words}", style="cyan")
        screen.line(f"      {what}", style="dim")


def _next(facts: Facts) -> Iterable[tuple[str, str]]:
    data = Path(facts["data_dir"])
    ours = command(data)
    search: Facts = facts["searches"][0] if facts["searches"] else {"text": "…", "hits": []}
    hits = [hit for hit in search["hits"] if hit["link"]]
    yield make("up", data), "keeps the service running; the next two want it in another terminal"
    yield f'{ours} search "{search["text"]}" --related', "posts, and what the graph connects them to"
    subject = hits[0]["link"] if hits else (search["hits"][0]["post_id"] if search["hits"] else "POST")
    yield f"{ours} explain {subject}", "every stage of one post, how long it took, what was sent"
