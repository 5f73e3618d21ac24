"""How a post, an album or what is left of one is told on the screen."""

from collections.abc import Iterable
from typing import Any

from cli.ages import moment_of
from cli.explain.calls import show_calls
from cli.explain.others import show_channel_picture, show_deleted, show_early_edit, show_unknown
from cli.explain.parts import run_words, show_events, show_parks, show_tries
from cli.screen import Cell, Screen, seconds
from cli.search_work import snippet
from contracts.identity import album_workflow_id

Facts = dict[str, Any]


def show(facts: Facts, screen: Screen, retry: str) -> None:
    """Show what was found, whatever it is; ``retry`` is the command that lets it go on."""
    shown = {
        "post": show_post,
        "album": show_album,
        "deleted": show_deleted,
        "early_edit": show_early_edit,
        "channel_picture": show_channel_picture,
        "unknown": show_unknown,
    }
    kind = next(kind for kind in shown if kind in facts)
    shown[kind](facts, screen)
    show_parks(facts, screen, retry)
    show_tries(facts["workflow"], screen)
    if "events" in facts:
        show_events(facts["events"], screen)


def show_post(facts: Facts, screen: Screen) -> None:
    """Show a post: who it is, where it is, its stages, what they found, what was told."""
    post = facts["post"]
    screen.title(
        f"{post['channel'] or 'channel ' + str(post['tg_channel_id'])} #{post['message_id']}: {post['state']}"
    )
    screen.line(f"  {snippet(post['text'])}")
    screen.facts([*_who(post, facts["workflow"]), ("run", run_words(facts["workflow"]))])
    if stone := facts.get("deletion"):
        screen.line(
            f"  being deleted since {moment_of(stone['recorded_at'])}: {stone['reason']}", style="red"
        )
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
    show_calls(facts["calls"], facts["currency"], screen)


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
            ("assembled (UTC)", moment_of(album["assembled_at"]) or None),
            ("missing", ", ".join(album["missing"] or []) or None),
            ("summary", album["summary"]),
            ("object", album["object_key"]),
            ("workflow", facts["workflow"]["id"]),
            ("run", run_words(facts["workflow"])),
            ("waits for", _wanting(facts["workflow"])),
        ]
    )
    screen.title("Items")
    items = [(i["position"] + 1, i["message_id"], i["state"], _file(i), i["post_id"]) for i in album["items"]]
    screen.rows(("item", "message", "state", "file", "post"), items)


def _who(post: Facts, workflow: Facts) -> Iterable[tuple[str, Cell]]:
    return [
        ("tenant", post["tenant"]),
        ("posted (UTC)", moment_of(post["posted_at"])),
        ("link", post["link"]),
        ("tags", " ".join(f"#{tag}" for tag in post["tags"]) or "none"),
        ("flagged", _flagged(post)),
        ("error", post["error"]),
        ("album", _album(post)),
        ("post id", str(post["post_id"])),
        ("workflow", workflow["id"]),
        ("trace", post["trace_id"]),
    ]


def _flagged(post: Facts) -> str | None:
    """Return where something gives orders to a model, and which kinds of orders; None where nothing does."""
    found = [f"{place} ({', '.join(kinds)})" for place, kinds in post.get("injections", {}).items()]
    return f"orders to a model: {'; '.join(found)}" if found else None


def _album(post: Facts) -> str | None:
    if post["grouped_id"] is None:
        return None
    return album_workflow_id(post["tenant_id"], post["tg_channel_id"], post["grouped_id"])


def _wanting(workflow: Facts) -> str | None:
    """Return what a running album still waits for, as it says itself."""
    said = workflow.get("says") or {}
    if not said.get("expected"):
        return None
    return f"{said['arrived']} of {said['expected']} items arrived, {said['waiting']} not looked at"


def _file(item: Facts) -> str:
    if item["file"] is None:
        return ""
    why = item["missing"] or item["skipped"]
    return why.replace("_", " ") if why else "looked at" if item["looked_at"] else "not looked at"


def _stage(stage: Facts) -> tuple[Cell, ...]:
    reason = (stage["reason"] or "").replace("_", " ")
    result = f"{stage['outcome']}: {reason}" if reason else stage["outcome"]
    took, waited = seconds(max(stage["took"], 0.0)), seconds(max(stage["waited"], 0.0))
    return (
        stage["stage"],
        result,
        moment_of(stage["ended_at"]),
        waited,
        took,
        stage["attempts"],
        stage["runs"],
    )


def _picture(picture: Facts) -> tuple[Cell, ...]:
    missing, skipped = picture["missing"], picture["skipped"]
    why = f", {picture['reason']}" if picture["reason"] else ""
    seen = f"no bytes: {missing}" if missing else f"skipped: {skipped}" if skipped else picture["description"]
    seen = f"its words{why}: {seen}" if picture["how"] == "ocr" else seen
    return (
        picture["sha256"][:12],
        picture["mime"],
        picture["size_bytes"],
        (seen or "not looked at").replace("_", " "),
    )


def _page(page: Facts) -> tuple[Cell, ...]:
    read = f"{page['title'] or '(no title)'}, {page['word_count']} words, {page['latency_ms'] or 0} ms"
    return page["url"], f"skipped: {page['skipped'].replace('_', ' ')}" if page["skipped"] else read
