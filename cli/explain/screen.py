"""How a post or an album is told on the screen."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from cli.screen import Cell, Screen, seconds
from cli.search_work import snippet
from contracts.identity import album_workflow_id

Facts = dict[str, Any]


def show_post(facts: Facts, screen: Screen) -> None:
    """Show a post: who it is, where it is, its stages, what they found, what was told."""
    post = facts["post"]
    screen.title(
        f"{post['channel'] or 'channel ' + str(post['tg_channel_id'])} #{post['message_id']}: {post['state']}"
    )
    screen.line(f"  {snippet(post['text'])}")
    screen.facts([*_who(post, facts["workflow"]), ("run", _told(facts["workflow"]))])
    _problems(facts["workflow"], screen)
    screen.title("Stages")
    if not facts["stages"]:
        screen.line("  none has ended yet")
    screen.rows(
        ("stage", "result", "ended (UTC)", "waited", "took", "attempts", "runs"), map(_stage, facts["stages"])
    )
    if facts["pictures"]:
        screen.title("Files")
        screen.rows(("file", "type", "bytes", "what was seen"), map(_picture, facts["pictures"]))
    if facts["pages"]:
        screen.title("Links")
        screen.rows(("link", "what was read"), map(_page, facts["pages"]))
    _events(facts["events"], screen)


def show_album(facts: Facts, screen: Screen) -> None:
    """Show an album: its items, how it was put together, what was told."""
    album = facts["album"]
    state = ("partial" if album["partial"] else "complete") if album["assembled"] else "not assembled yet"
    screen.title(
        f"{album['channel'] or 'channel ' + str(album['tg_channel_id'])}, album {album['grouped_id']}: {state}"
    )
    screen.facts(
        [
            ("tenant", album["tenant"]),
            ("kind", album["album_kind"]),
            ("items", album["items_count"]),
            ("inferred", "yes: exports do not name albums" if album["inferred"] else None),
            ("assembled (UTC)", _moment(album["assembled_at"]) or None),
            ("missing", ", ".join(album["missing"] or []) or None),
            ("summary", album["summary"]),
            ("object", album["object_key"]),
            ("workflow", facts["workflow"]["id"]),
            ("run", _told(facts["workflow"])),
        ]
    )
    _problems(facts["workflow"], screen)
    screen.title("Items")
    items = [(i["position"] + 1, i["message_id"], i["state"], i["post_id"]) for i in album["items"]]
    screen.rows(("item", "message", "state", "post"), items)
    _events(facts["events"], screen)


def _who(post: Facts, workflow: Facts) -> Iterable[tuple[str, Cell]]:
    return [
        ("tenant", post["tenant"]),
        ("posted (UTC)", _moment(post["posted_at"])),
        ("link", post["link"]),
        ("tags", " ".join(f"#{tag}" for tag in post["tags"]) or "none"),
        ("error", post["error"]),
        ("album", _album(post)),
        ("post id", str(post["post_id"])),
        ("workflow", workflow["id"]),
        ("trace", post["trace_id"]),
    ]


def _album(post: Facts) -> str | None:
    if post["grouped_id"] is None:
        return None
    return album_workflow_id(post["tenant_id"], post["tg_channel_id"], post["grouped_id"])


def _told(workflow: Facts) -> str:
    if not workflow["known"]:
        return str(workflow["why"])
    said = (workflow["status"], workflow["attributes"].get("TgState"))
    return ", ".join([*filter(None, said), f"{workflow['history_events']} history events"])


def _problems(workflow: Facts, screen: Screen) -> None:
    for problem in (workflow.get("says") or {}).get("problems", ()):
        screen.line(f"  stuck at {problem['stage']}: {problem['error']}: {problem['message']}", style="red")


def _stage(stage: Facts) -> tuple[Cell, ...]:
    reason = (stage["reason"] or "").replace("_", " ")
    result = f"{stage['outcome']}: {reason}" if reason else stage["outcome"]
    took, waited = seconds(max(stage["took"], 0.0)), seconds(max(stage["waited"], 0.0))
    return stage["stage"], result, _moment(stage["ended_at"]), waited, took, stage["attempts"], stage["runs"]


def _picture(picture: Facts) -> tuple[Cell, ...]:
    missing, skipped = picture["missing"], picture["skipped"]
    seen = f"no bytes: {missing}" if missing else f"skipped: {skipped}" if skipped else picture["description"]
    return (
        picture["sha256"][:12],
        picture["mime"],
        picture["size_bytes"],
        (seen or "not looked at").replace("_", " "),
    )


def _page(page: Facts) -> tuple[Cell, ...]:
    read = f"{page['title'] or '(no title)'}, {page['word_count']} words, {page['latency_ms'] or 0} ms"
    return page["url"], f"skipped: {page['skipped'].replace('_', ' ')}" if page["skipped"] else read


def _events(events: list[Facts], screen: Screen) -> None:
    screen.title("Events")
    rows = [(e["event_type"], e["stream"], e["entry_id"] or "not sent yet") for e in events]
    screen.rows(("event", "stream", "entry"), rows)
    if not rows:
        screen.line("  none")


def _moment(moment: datetime | None) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
