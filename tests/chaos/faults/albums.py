"""F36: albums that never get all of their items close all the same, and say what is missing."""

import random
from typing import Final

from contracts.encoding import decode, encode
from contracts.identity import channel_id, post_id, trace_id
from contracts.post import PostRef
from contracts.streams import ALBUM_ASSEMBLED, ALBUMS_PARSED
from tests.build import CHANNEL, an_album_event, an_album_ref, an_event
from tests.chaos.case import Case, in_a_house
from tests.chaos.table import Fault

ALBUMS: Final = 20
ITEMS: Final = 10
#: The share of items that never arrive.
NEVER: Final = 0.05
#: Seconds that an album waits for its items.
QUIET: Final = 12.0


async def items_that_never_come(case: Case) -> None:
    """Twenty albums of ten, one item in twenty missing: all are assembled, the incomplete ones name how many."""
    chance, missing = random.Random(case.wish.seed), {}
    case.expected.foreign = True
    for number in range(ALBUMS):
        refs = [_ref(case, number, item) for item in range(ITEMS)]
        come = [ref for ref in refs if chance.random() >= NEVER]
        missing[_grouped(number)] = ITEMS - len(come)
        await case.house.write(*(encode(an_event(ref, text=_text(ref))) for ref in come))
        album = an_album_ref(_grouped(number), tenant=case.tenant)
        await case.house.write(
            encode(an_album_event(album, tuple(refs), album_id=number + 1)), stream=ALBUMS_PARSED
        )
        case.expected.expect_entries(CHANNEL, (ref.message_id for ref in come))
        case.expected.again |= {(CHANNEL, ref.message_id) for ref in come}
    case.expected.albums[CHANNEL] += ALBUMS
    await case.settle()
    case.found.lost += [
        f"album {grouped} says that {said.get(grouped)} items are missing, {count} are"
        for said in [await _said(case)]
        for grouped, count in missing.items()
        if said.get(grouped) != count
    ]
    incomplete = sum(1 for count in missing.values() if count)
    case.notes.append(
        f"{ALBUMS} albums closed, {incomplete} of them incomplete, {sum(missing.values())} items named"
    )


async def _said(case: Case) -> dict[int, int]:
    """Return how many items each album says are missing, by what was told of it last."""
    events = [decode(fields) for _, fields in await case.house.redis.xrange(ALBUM_ASSEMBLED)]
    return {int(event["grouped_id"]): len(event["missing"]) if event["partial"] else 0 for event in events}


def _grouped(number: int) -> int:
    return 700_000 + number


def _ref(case: Case, album: int, item: int) -> PostRef:
    message = 1 + album * 100 + item
    return PostRef(
        tenant_id=case.tenant, channel_id=channel_id(case.tenant, CHANNEL), tg_channel_id=CHANNEL,
        message_id=message, post_id=post_id(case.tenant, CHANNEL, message), grouped_id=_grouped(album),
        trace_id=trace_id(case.tenant, CHANNEL, message),
    )  # fmt: skip


def _text(ref: PostRef) -> str:
    return f"Снимок {ref.message_id} с ярмарки на площади у реки."


_HURRIED: Final = {"album_deadline_seconds": QUIET}

FAULTS: Final = (
    Fault(
        "F36", "albums of ten, one item in twenty never comes", in_a_house(items_that_never_come, **_HURRIED)
    ),
)
