"""What commands show where nobody looks at a terminal, and where somebody does."""

import io

import pytest
from rich.console import Console

from cli.meter import Meter
from cli.port import Port
from cli.screen import Screen, seconds


def a_screen(*, terminal: bool) -> tuple[Screen, io.StringIO]:
    file = io.StringIO()
    return Screen(
        Console(file=file, force_terminal=terminal, width=60, highlight=False, color_system=None)
    ), file


def test_rows_are_plain_lines_with_tabs_in_a_pipe() -> None:
    screen, file = a_screen(terminal=False)

    screen.rows(("name", "count"), [("a", 1), ("b [bold]", None)])

    assert file.getvalue() == "a\t1\nb [bold]\t\n"


def test_rows_are_a_table_on_a_terminal() -> None:
    screen, file = a_screen(terminal=True)

    screen.rows(("name", "count"), [("a", 1), ("b", 20)])

    assert file.getvalue().split("\n")[0].split() == ["name", "count"]


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0123, "12 ms"), (12.34, "12.3 s"), (125, "2 min 5 s"), (7325, "2 h 2 min")],
)
def test_durations_are_said_in_words(value: float, words: str) -> None:
    assert seconds(value) == words


def test_a_meter_is_silent_about_what_is_quick(capsys: pytest.CaptureFixture[str]) -> None:
    with Meter("importing", Console(file=io.StringIO())) as meter:
        meter.show(1, 2, "1 post")

    assert capsys.readouterr().err == ""


def test_a_port_that_is_taken_is_stepped_over() -> None:
    first = Port.taken(0)
    number = int(first.url.rpartition(":")[2])

    second = Port.taken(number)

    assert second.url != first.url
    for port in (first, second):
        port.socket.close()


def test_a_long_text_goes_on_below_its_beginning() -> None:
    screen, file = a_screen(terminal=True)

    screen.beside("name      ", "word " * 15)

    lines = file.getvalue().rstrip("\n").split("\n")
    assert len(lines) == 2
    assert lines[1].startswith("          word")
