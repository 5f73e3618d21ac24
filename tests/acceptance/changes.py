"""What happens to posts: many changes that follow from a seed, in order, or in an order that the seed shuffles."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from contracts.identity import channel_id, post_id
from contracts.streams import POSTS_DELETED, POSTS_EDITED, POSTS_PARSED

FIRST: Final = datetime(2026, 2, 1, 9, 0, tzinfo=UTC)
CHANNELS: Final = (-1001111111111, -1002222222222, -1003333333333)
_PLACES: Final = ("у моста", "на набережной", "в старом парке", "за вокзалом", "на площади")
_THINGS: Final = ("трамвай", "библиотека", "ярмарка", "каток", "планетарий", "оранжерея", "обсерватория")


@dataclass(frozen=True)
class Change:
    """An entry to be written: where to, in which fields."""

    stream: str
    fields: dict[str, str]


def in_order(seed: int, posts: int, tenant: UUID) -> list[Change]:
    """Return what happens to ``posts`` posts, each change after the one before it: saved, edited, deleted."""
    chance = random.Random(seed)
    return [change for number in range(posts) for change in _life(number, tenant, chance)]


def shuffled(changes: Sequence[Change], seed: int) -> list[Change]:
    """Return the changes in a random order that follows from the seed, a third of them twice or three times."""
    chance = random.Random(seed + 1_000_003)
    again = [change for change in changes for _ in range(chance.choice((0, 0, 1, 2)))]
    disorder = [*changes, *again]
    chance.shuffle(disorder)
    return disorder


def _life(number: int, tenant: UUID, chance: random.Random) -> Iterator[Change]:
    channel, message = CHANNELS[number % len(CHANNELS)], 1 + number // len(CHANNELS)
    who = _who(tenant, channel, message)
    posted = FIRST + timedelta(minutes=number)
    yield Change(POSTS_PARSED, {**who, **_parsed(number, channel, message, posted)})
    for edit in range(chance.choice((0, 0, 0, 1, 2, 3))):
        edited = posted + timedelta(hours=1 + edit)
        yield Change(
            POSTS_EDITED, {**who, "content": _text(number, edit + 1), "edited_at": edited.isoformat()}
        )
    if chance.random() < 0.15:
        gone = (posted + timedelta(days=1)).isoformat()
        yield Change(POSTS_DELETED, {**who, "is_deleted": "True", "deleted_at": gone})


def _who(tenant: UUID, channel: int, message: int) -> dict[str, str]:
    return {
        "tenant_id": str(tenant),
        "channel_id": str(channel_id(tenant, channel)),
        "tg_channel_id": str(channel),
        "post_id": str(post_id(tenant, channel, message)),
        "telegram_message_id": str(message),
    }


def _parsed(number: int, channel: int, message: int, posted: datetime) -> dict[str, str]:
    return {
        "text": _text(number, 0),
        "urls": json.dumps(["http://127.0.0.1/never"] if number % 7 == 0 else []),
        "posted_at": posted.isoformat(),
        "channel_title": f"Канал {channel}",
        "telegram_post_url": f"https://t.me/c/{str(channel).removeprefix('-100')}/{message}",
        **({"reply_to_message_id": str(message - 1)} if message % 5 == 0 else {}),
    }


def _text(number: int, version: int) -> str:
    if number % 11 == 0:
        return f"Коротко {version}."
    thing, place = _THINGS[number % len(_THINGS)], _PLACES[(number + version) % len(_PLACES)]
    return (
        f"Городские новости, выпуск {number}, правка {version}: {thing} {place} снова открывается для жителей, "
        f"сообщила мэрия. Первых посетителей ждут в субботу, вход свободный, о работах расскажут отдельно."
    )
