"""What dead letters are called: ``posts:parsed/1700000000000-0``, or the entry's id where that is enough."""

import re
from collections.abc import Sequence
from typing import Final, Protocol

from adapters.redis_streams.letters import Letter
from cli.errors import CommandError
from contracts.streams import STREAMS

_ID: Final = re.compile(r"\d{1,18}-\d{1,18}")


class Letters(Protocol):
    """Finds letters by the id of their entry."""

    async def named(self, entry_id: str, stream: str | None) -> list[Letter]: ...


def short(stream: str) -> str:
    """Return a stream's name as letters are listed: without ``stream:`` and ``:dlq``."""
    return stream.removeprefix("stream:").removesuffix(":dlq")


def name_of(letter: Letter) -> str:
    """Return what the letter is called."""
    return f"{short(letter.stream)}/{letter.id}"


def stream_named(words: str | None) -> str | None:
    """Return the stream that is meant, with or without ``stream:`` and ``:dlq``, with dots or colons.

    Raises:
        CommandError: there is no such stream.
    """
    if words is None:
        return None
    known = {short(stream): stream for stream in STREAMS}
    wanted = short(words.replace(".", ":"))
    if wanted not in known:
        raise CommandError(f"there is no stream {words}; there are: {', '.join(known)}", 2)
    return known[wanted]


async def letter_named(letters: Letters, words: str, stream: str | None) -> Letter:
    """Return the letter of that name.

    Raises:
        CommandError: it is no name, nothing has it, or several have.
    """
    head, _, id = words.rpartition("/")
    if not _ID.fullmatch(id):
        raise CommandError(f"{words!r} names no letter: `postloom dlq list` shows their names", 2)
    found = await letters.named(id, stream_named(head) if head else stream)
    if not found:
        raise CommandError(f"there is no letter {words}; `postloom dlq list` shows those that there are")
    if len(found) > 1:
        raise CommandError(f"{words} is {_several(found)}: say which", 2)
    return found[0]


def _several(found: Sequence[Letter]) -> str:
    *most, last = [name_of(letter) for letter in found]
    return f"{', '.join(most)} and {last}"
