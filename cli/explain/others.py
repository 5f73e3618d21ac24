"""How what is no post of the archive is told: a tombstone, an edit that came first, a channel's picture, a stray."""

from typing import Any

from cli.ages import moment_of
from cli.explain.parts import run_words
from cli.screen import Cell, Screen
from cli.search_work import snippet

Facts = dict[str, Any]


def show_deleted(facts: Facts, screen: Screen) -> None:
    """Show a tombstone: when and why the post was deleted, and what went with it."""
    stone = facts["deleted"]
    _head(stone, "deleted" if stone["erased_at"] else "being deleted", screen)
    went = [(f"went: {name}", count) for name, count in stone["counts"].items()]
    screen.facts(
        [
            ("tenant", stone["tenant"]),
            ("deleted (UTC)", moment_of(stone["deleted_at"])),
            ("reason", stone["reason"]),
            ("tombstone since", moment_of(stone["recorded_at"])),
            ("everything gone", moment_of(stone["erased_at"]) or "not yet"),
            *went,
            ("post id", str(stone["post_id"])),
            ("also known as", _others(stone)),
            *_workflow(facts),
        ]
    )


def show_early_edit(facts: Facts, screen: Screen) -> None:
    """Show an edit whose post has not arrived."""
    edit = facts["early_edit"]
    _head(edit, "edited before it arrived", screen)
    screen.line(f"  {snippet(edit['text'])}")
    screen.facts(
        [
            ("tenant", edit["tenant"]),
            ("edited (UTC)", moment_of(edit["edited_at"])),
            ("links", ", ".join(edit["links"]) or None),
            *_workflow(facts),
        ]
    )
    screen.line("  The edit is kept: the post gets this text when it arrives.")


def show_channel_picture(facts: Facts, screen: Screen) -> None:
    """Show a channel's own picture: its file, and how far it is."""
    picture = facts["channel_picture"]
    _head(picture, "the channel's own picture", screen)
    why = picture["missing"] or picture["skipped"]
    unseen = "not looked at: the policy leaves it out" if picture["recorded_at"] else "not looked at"
    seen = why.replace("_", " ") if why else picture["description"] or unseen
    screen.facts(
        [
            ("tenant", picture["tenant"]),
            ("posted (UTC)", moment_of(picture["posted_at"])),
            ("file", f"{picture['sha256'][:12]}, {picture['mime']}, {picture['size_bytes']} bytes"),
            ("what was seen", seen),
            ("handed over", moment_of(picture["handed_over_at"]) or "not yet"),
            ("in the graph", moment_of(picture["recorded_at"]) or "not yet"),
            *_workflow(facts),
            ("trace", picture["trace_id"]),
        ]
    )


def show_unknown(facts: Facts, screen: Screen) -> None:
    """Show what the archive does not have, though a workflow had to do with it."""
    kind = facts["unknown"]["kind"]
    screen.title(f"{kind}: not in the archive")
    screen.line(f"  A workflow had to do with this {kind}, but the archive holds nothing of it.")
    screen.facts(_workflow(facts))


def _head(row: Facts, state: str, screen: Screen) -> None:
    screen.title(f"{row['channel'] or 'channel ' + str(row['tg_channel_id'])} #{row['message_id']}: {state}")


def _workflow(facts: Facts) -> list[tuple[str, Cell]]:
    workflow = facts["workflow"]
    return [("workflow", workflow["id"]), ("run", run_words(workflow))]


def _others(stone: Facts) -> str | None:
    names = [str(name) for name in stone["known_as"] if name != stone["post_id"]]
    return ", ".join(names) or None
