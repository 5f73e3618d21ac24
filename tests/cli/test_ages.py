"""How long something has lasted, in few words."""

from datetime import timedelta

import pytest

from cli.ages import ago, moment_of
from domain.moments import lasted
from tests.build import MOMENT


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=59.9), "59 s"),
        (timedelta(minutes=9, seconds=5), "9 min 5 s"),
        (timedelta(minutes=59, seconds=59), "59 min"),
        (timedelta(hours=47, minutes=59), "47 h 59 min"),
        (timedelta(days=6, hours=23, minutes=59), "6 d 23 h"),
    ],
)
def test_a_length_is_told_in_its_two_largest_units(length: timedelta, words: str) -> None:
    assert lasted(length) == words
    assert ago(MOMENT, MOMENT + length) == words


def test_a_moment_that_nobody_knows_is_a_question_mark_or_nothing() -> None:
    assert ago(None) == "?"
    assert moment_of(None) == ""
    assert moment_of(MOMENT) == "2026-03-01 12:30:00"
