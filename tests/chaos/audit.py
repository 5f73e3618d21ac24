"""What there is, compared with how it must be."""

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

import asyncpg

from contracts.streams import ALBUM_ASSEMBLED, POSTS_DELETED, POSTS_ENRICHED, POSTS_INDEXED, POSTS_TAGGED
from starter.starter import HANDLERS
from tests.chaos.batch import DELETED, ENDED, INDEXED, SKIPPED
from tests.chaos.expected import Expected, Found
from tests.chaos.house import House, NothingHappenedError
from tests.chaos.progress import DEADLINE, settled, unfinished
from tests.chaos.truth import Truth, at_of, read

#: Stages that a post of its own runs exactly once, whatever dies.
_ONCE: Final = ("tags", "enrich", "vectors", "graph")


async def whole(house: House, expected: Expected, seconds: float = DEADLINE) -> tuple[Found, float]:
    """Wait for the end and audit; what never came is found as stuck. Returns also the seconds of the wait."""
    try:
        took = await settled(house, expected, seconds)
    except NothingHappenedError:
        took = seconds
    return await audited(house, expected), took


async def audited(house: House, expected: Expected) -> Found:
    """Stop the service and return what is wrong with what it leaves."""
    found = Found(posts=len(expected.ends), extra_looks=_extra_looks(house, expected))
    found.stuck += await unfinished(house, expected)
    truth = await read(house, expected.tenant)
    if truth.status != 0:
        found.stuck.append(f"the service ended with {truth.status}")
    found.lost += [*_lost_posts(truth, expected), *_lost_albums(truth, expected), *_lost_events(truth)]
    found.doubled += [*_doubled_events(truth, foreign=expected.foreign), *_doubled_effects(truth, expected)]
    if found.extra_looks > expected.deaths:
        found.doubled.append(f"{found.extra_looks} looks were taken twice, {expected.deaths} deaths explain")
    return found


def _lost_posts(truth: Truth, expected: Expected) -> Iterable[str]:
    rows = {at_of(row): row for row in truth.posts}
    gone = {at_of(row) for row in truth.gone}
    for at, end in expected.ends.items():
        row = rows.get(at)
        if end == DELETED:
            if row or at not in gone:
                yield f"post {at} is not deleted"
        elif row is None:
            yield f"post {at} is not in the archive"
        elif end not in (row["status"], ENDED):
            yield f"post {at} is {row['status']} instead of {end}"
        elif row["status"] == INDEXED:
            yield from (f"post {at} has no {what}" for what in _missing(truth, row))
        elif row["status"] == SKIPPED and not truth.told[POSTS_ENRICHED][str(row["id"])]:
            yield f"post {at} was never told of"


def _missing(truth: Truth, row: asyncpg.Record) -> Iterable[str]:
    for stream in (POSTS_TAGGED, POSTS_ENRICHED, POSTS_INDEXED):
        if not truth.told[stream][str(row["id"])]:
            yield f"event on {stream}"
    if row["id"] not in truth.points:
        yield "point"
    if row["id"] not in truth.nodes:
        yield "node"


def _lost_albums(truth: Truth, expected: Expected) -> Iterable[str]:
    for channel, count in expected.albums.items():
        albums = [row for row in truth.albums if row["channel"] == channel and row["assembled"]]
        if len(albums) < count:
            yield f"channel {channel} has {len(albums)} of {count} albums"
        for row in albums:
            if not truth.told[ALBUM_ASSEMBLED][str(row["grouped_id"])]:
                yield f"album {row['grouped_id']} was never told of"


def _lost_events(truth: Truth) -> Iterable[str]:
    """Dead letters are left out: those of parks are withdrawn when the wait is over."""
    for row in truth.outbox:
        known = truth.keys.get(row["stream"])
        if row["sent"] and known is not None and not known[row["key"]]:
            yield f"{row['key']} was told and is not on {row['stream']}"


def _doubled_events(truth: Truth, *, foreign: bool) -> Iterable[str]:
    """What producers write to the streams that we read may repeat itself."""
    for stream, keys in truth.keys.items():
        if foreign and stream in HANDLERS:
            continue
        ours = {row["key"] for row in truth.outbox if row["stream"] == stream}
        yield from (f"{key} is {keys[key]} times on {stream}" for key in ours if keys[key] > 1)


def _doubled_effects(truth: Truth, expected: Expected) -> Iterable[str]:
    for row in truth.posts:
        at = at_of(row)
        if at in expected.again:
            continue
        runs: dict[str, Any] = row["runs"] or {}
        yield from (f"post {at} ran {stage} {runs[stage]} times" for stage in _ONCE if runs.get(stage, 1) > 1)
        for stream in (POSTS_TAGGED, POSTS_ENRICHED, POSTS_INDEXED):
            if (count := truth.told[stream][str(row["id"])]) > 1:
                yield f"post {at} is {count} times on {stream}"
    told = Counter(row["of"] for row in truth.outbox if row["stream"] == POSTS_DELETED)
    for row in truth.gone:
        if told[str(row["id"])] != 1:
            yield f"the deletion of post {at_of(row)} is told {told[str(row['id'])]} times"
    ids = {row["id"] for row in truth.posts}
    yield from (f"point {id} is of no post" for id in truth.points - ids)
    yield from (f"node {id} is of no post" for id in truth.nodes - ids)


def _extra_looks(house: House, expected: Expected) -> int:
    """Return how many answers the provider gave beyond one for each picture of the tenant."""
    paid = [line for line in house.orders.notes("vision.look") if line.startswith(str(expected.tenant))]
    return len(paid) - len(set(paid))
