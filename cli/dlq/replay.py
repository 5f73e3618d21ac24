"""Replaying dead letters: what Temporal accepts is taken out, the rest stays with its reason."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from activities.leftovers import Leftovers
from adapters.postgres.door import Directory
from adapters.postgres.parks import Parks
from adapters.redis_streams.letters import Letter, Letters
from cli.dlq.naming import letter_named, stream_named
from cli.dlq.screen import show_replayed
from cli.dlq.work import chosen, facts, open_letters
from cli.errors import CommandError
from cli.meter import Meter
from cli.screen import Screen, show_json
from cli.tools import Tools, login_name, tools
from starter.door import Door
from starter.replaying import Replayed, Replays
from starter.restarting import Restarts

#: Letters on their way at the same time.
AT_ONCE: Final = 20


@dataclass(frozen=True)
class Wish:
    """Which letters to replay."""

    ids: tuple[str, ...]
    every: bool = False
    stream: str | None = None
    reason: str | None = None

    def check(self) -> None:
        """Raise CommandError when it is not said which."""
        if self.ids and (self.every or self.reason):
            raise CommandError("either letters are named, or --all and --reason say which: not both", 2)
        if not (self.ids or self.every or self.reason):
            raise CommandError("which? Name letters (`postloom dlq list`), or say --all or --reason", 2)


async def replay_and_show(wish: Wish, *, as_json: bool) -> int:
    """Replay and say what came of it; return the exit status: 1 when one stays.

    Raises:
        CommandError: it was asked wrongly, or there is no such letter.
        UnavailableError: Redis, the archive or the engine does not answer.
    """
    wish.check()
    stream_named(wish.stream)
    async with tools() as hand, open_letters(hand.settings) as letters:
        wanted = await _wanted(letters, wish)
        done = await _replay_all(_replays(hand, letters), letters, wanted)
    if as_json:
        show_json([{**facts(o.letter), "accepted": o.accepted, "said": o.said, "code": o.code} for o in done])
    else:
        show_replayed(done, Screen())
    return 0 if all(one.accepted for one in done) else 1


def _replays(hand: Tools, letters: Letters) -> Replays:
    door = Door(Directory(hand.pool), hand.settings.album_deadline_seconds)
    restarts = Restarts(hand.client, hand.finder, Leftovers(Parks(hand.pool), letters))
    return Replays(hand.client, door, restarts, login_name())


async def _wanted(letters: Letters, wish: Wish) -> Sequence[Letter]:
    stream = stream_named(wish.stream)
    if wish.ids:
        return [await letter_named(letters, id, stream) for id in dict.fromkeys(wish.ids)]
    return chosen(await letters.all(stream), wish.reason)


async def _replay_all(replays: Replays, letters: Letters, wanted: Sequence[Letter]) -> list[Replayed]:
    done: list[Replayed] = []
    began = time.monotonic()
    with Meter("replay") as meter:
        for first in range(0, len(wanted), AT_ONCE):
            some = wanted[first : first + AT_ONCE]
            done += await asyncio.gather(*(_replay(replays, letters, letter) for letter in some))
            rate = len(done) / max(time.monotonic() - began, 0.001)
            meter.show(len(done), len(wanted), f"{len(done)} of {len(wanted)}, {rate:.0f}/s")
    return done


async def _replay(replays: Replays, letters: Letters, letter: Letter) -> Replayed:
    """A letter goes only once it was accepted; an open park's may have been withdrawn by its end: that is the same."""
    replayed = await replays.replay(letter)
    if replayed.accepted:
        await letters.withdraw(letter.stream, letter.id)
    return replayed
