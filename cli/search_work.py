"""Asking the service's local port, and showing what it found."""

from typing import Any

from rich.text import Text

from cli.asking import ask
from cli.errors import CommandError
from cli.screen import Screen, show_json
from contracts.errors import RejectedError
from runtime.settings import load_settings
from workers.questions import Question
from workers.searching import Answer, Hit

Wish = dict[str, str | None]
_SNIPPET = 160


def search_and_show(wish: Wish, *, as_json: bool) -> None:
    """Search and show the answer.

    Raises:
        CommandError: no service runs, or it refuses the question.
    """
    words = {name: value for name, value in wish.items() if value is not None}
    try:
        Question.read(words)
    except RejectedError as error:
        raise CommandError(str(error), 2) from error
    found: Any = ask(load_settings(), "/search", words)
    if as_json:
        show_json(found)
        return
    show_answer(Answer.model_validate(found), Screen())


def show_answer(answer: Answer, screen: Screen) -> None:
    """Show the hits, best first."""
    if not answer.hits:
        screen.line("Nothing found.")
    for place, hit in enumerate(answer.hits, 1):
        _show(place, hit, screen, "" if answer.tenant else f"  {hit.tenant}")


def _show(place: int, hit: Hit, screen: Screen, whose: str) -> None:
    day = hit.posted_at.strftime("%Y-%m-%d") if hit.posted_at else ""
    head = Text.assemble(
        (f"{place:>3}. ", "dim"),
        (f"{hit.score:.3f}", "green"),
        f"  {day}  ",
        (hit.link or str(hit.post_id), "cyan"),
        (whose, "dim"),
    )
    screen.console.print(head)
    if hit.tags:
        screen.line("     " + " ".join(f"#{tag}" for tag in hit.tags), style="magenta")
    screen.line("     " + snippet(hit.text))
    for neighbour in hit.related:
        shared = f"{neighbour.via}: {neighbour.name}" if neighbour.name else neighbour.via
        screen.line(
            f"       ↳ {shared} — {neighbour.link or neighbour.post_id} {snippet(neighbour.text, 60)}",
            style="dim",
        )


def snippet(text: str, length: int = _SNIPPET) -> str:
    """Return the beginning of ``text`` on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"
