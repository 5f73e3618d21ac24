"""How dead letters are called and shown."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.redis_streams.letters import Letter
from cli.dlq.naming import letter_named, name_of, stream_named
from cli.dlq.screen import show_letters, show_one, show_replayed
from cli.dlq.work import chosen, facts, original
from cli.errors import CommandError
from starter.replaying import Replayed
from tests.build import MOMENT
from tests.cli.shown import in_lines, on_terminal

PARSED, TAGGED = "stream:posts:parsed:dlq", "stream:posts:tagged:dlq"


def a_letter(stream: str = PARSED, id: str = "1700000000000-0", **fields: Any) -> Letter:
    known = {
        "error": "tenant_id: no such tenant", "error_code": "unknown_tenant", "failed_at": MOMENT.isoformat(),
        "original_stream": "stream:posts:parsed", "original_message_id": "5-0", "original_entry": '{"text": "река"}',
    }  # fmt: skip
    return Letter(stream, id, {**known, **fields})


class Box:
    """Letters in memory."""

    def __init__(self, *letters: Letter) -> None:
        self._letters = letters

    async def named(self, entry_id: str, stream: str | None) -> list[Letter]:
        wanted = None if stream is None else f"{stream}:dlq"
        return [one for one in self._letters if one.id == entry_id and wanted in {None, one.stream}]


@pytest.mark.parametrize(
    "words", ["posts:parsed", "posts.parsed", "stream:posts:parsed", "stream:posts:parsed:dlq"]
)
def test_a_stream_may_be_called_in_several_ways(words: str) -> None:
    assert stream_named(words) == "stream:posts:parsed"


async def test_a_letter_is_found_by_its_whole_name_and_by_its_entry_where_that_is_enough() -> None:
    letter = a_letter()

    assert await letter_named(Box(letter), "posts:parsed/1700000000000-0", None) == letter
    assert await letter_named(Box(letter), "1700000000000-0", None) == letter


async def test_an_entry_id_that_two_streams_have_is_told_with_both_names() -> None:
    box = Box(a_letter(PARSED), a_letter(TAGGED))

    with pytest.raises(
        CommandError, match="is posts:parsed/1700000000000-0 and posts:tagged/1700000000000-0: say which"
    ):
        await letter_named(box, "1700000000000-0", None)
    assert (await letter_named(box, "1700000000000-0", "stream:posts:tagged")).stream == TAGGED


@pytest.mark.parametrize(("words", "said"), [("lunch", "names no letter"), ("1-1", "there is no letter 1-1")])
async def test_what_is_no_letter_is_said_so(words: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        await letter_named(Box(), words, None)


def test_letters_older_than_their_kind_are_unreadable_ones() -> None:
    assert facts(a_letter())["kind"] == "unreadable"
    assert facts(a_letter(kind="parked"))["kind"] == "parked"


def test_letters_are_chosen_by_reason_oldest_first() -> None:
    later, first, other = a_letter(id="20-0"), a_letter(id="3-0"), a_letter(id="1-0", error_code="not_json")

    assert chosen([later, first, other], "unknown_tenant") == [first, later]
    assert chosen([later, first, other], None) == [other, first, later]


def test_the_list_says_what_each_is_and_what_to_do() -> None:
    parked = a_letter(TAGGED, kind="parked", error_code="tags:RejectedError", workflow_id="post:1")
    now = MOMENT + timedelta(minutes=30)

    shown = on_terminal(lambda screen: show_letters([a_letter(), parked], 5, "postloom", screen, now))

    assert "posts:parsed/1700000000000-0  unreadable  unknown_tenant" in shown
    assert "  30 min ago: tenant_id: no such tenant" in shown
    assert "  post:1" in shown
    assert "3 older ones: --limit 5" in shown
    assert "postloom dlq replay ID | --all" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_where_nobody_looks_a_letter_is_one_line() -> None:
    lines = in_lines(lambda screen: show_letters([a_letter()], 1, "p", screen, MOMENT)).splitlines()

    assert len(lines) == 2
    assert lines[1].split("\t")[:3] == ["posts:parsed/1700000000000-0", "unreadable", "unknown_tenant"]
    assert in_lines(lambda screen: show_letters([], 0, "p", screen, MOMENT)) == "no dead letters\n"


def test_a_letter_is_shown_whole_with_its_entry_read() -> None:
    letter = a_letter()

    shown = in_lines(lambda screen: show_one(letter, original(letter), "postloom", screen))

    assert "text  река" in shown
    assert f"postloom dlq replay {name_of(letter)}" in shown
    assert original(a_letter(original_entry="{half")) == "{half"


def test_what_stays_is_told_with_its_new_reason() -> None:
    done = [
        Replayed(a_letter(), accepted=False, said="no such tenant yet"),
        Replayed(a_letter(), True, "taken"),
    ]

    shown = in_lines(lambda screen: show_replayed(done, screen))

    assert "posts:parsed/1700000000000-0: stays: no such tenant yet" in shown
    assert "1 of 2 replayed" in shown
