"""How dead letters are shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from adapters.redis_streams.letters import Letter
from cli.ages import ago
from cli.dlq.naming import name_of
from cli.screen import Cell, Screen
from contracts.dead_letters import PARKED
from starter.replaying import Replayed

Names = ("id", "kind", "reason", "sentence", "since", "about")


def show_letters(shown: Sequence[Letter], total: int, call: str, screen: Screen, now: datetime) -> None:
    """Show each letter: on a terminal two lines, elsewhere one."""
    if not shown:
        screen.line("no dead letters")
    elif screen.is_terminal:
        for letter in shown:
            _show(letter, screen, now)
        screen.line()
        if total > len(shown):
            screen.line(f"{total - len(shown)} older ones: --limit {total}", style="yellow")
        screen.line(f"one whole: {call} dlq show ID", style="dim")
        screen.line(f"when the cause is mended: {call} dlq replay ID | --all", style="dim")
    else:
        screen.rows(Names, [_row(letter) for letter in shown])


def show_one(letter: Letter, original: Any, call: str, screen: Screen) -> None:
    """Show a letter whole."""
    screen.line(f"{name_of(letter)}: {letter.kind}, {letter.code}", style="bold")
    hidden = {"original_entry", "payload_snippet", "error", "error_details", "error_code", "kind"}
    screen.line(f"  {letter.fields.get('error', '')}")
    screen.facts((name, value) for name, value in letter.fields.items() if name not in hidden)
    screen.title("What it is about")
    screen.facts(original.items() if isinstance(original, dict) else [("entry", str(original))])
    screen.line()
    screen.line(f"when the cause is mended: {call} dlq replay {name_of(letter)}", style="dim")


def show_replayed(done: Sequence[Replayed], screen: Screen) -> None:
    """Show what came of each letter that was not accepted, and how many were."""
    accepted = sum(one.accepted for one in done)
    for one in done:
        if not one.accepted:
            screen.line(f"{name_of(one.letter)}: stays: {one.said}", style="yellow")
        elif len(done) <= 10:
            screen.line(f"{name_of(one.letter)}: {one.said}")
    screen.line(f"{accepted} of {len(done)} replayed")


def _show(letter: Letter, screen: Screen, now: datetime) -> None:
    screen.line()
    screen.line(f"{name_of(letter)}  {letter.kind}  {letter.code}", style="bold")
    screen.line(f"  {_age(letter, now)} ago: {letter.fields.get('error', 'no sentence')}")
    if letter.kind == PARKED:
        screen.line(f"  {letter.fields.get('workflow_id', '')}", style="dim")


def _age(letter: Letter, now: datetime) -> str:
    try:
        return ago(datetime.fromisoformat(letter.fields.get("failed_at", "")), now)
    except (ValueError, TypeError):
        return ago(None)


def _row(letter: Letter) -> Sequence[Cell]:
    told = letter.fields
    sentence = " ".join(told.get("error", "").split())
    about = told.get("workflow_id") or told.get("original_message_id")
    return name_of(letter), letter.kind, letter.code, sentence, told.get("failed_at"), about
