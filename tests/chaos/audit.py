"""What became of everything: read from the real stores, compared with how it must be."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg

from adapters.embedded_graph.graph import EmbeddedGraph
from adapters.qdrant import VectorIndex
from adapters.redis_streams.watch import describe
from contracts.encoding import decode
from contracts.errors import RejectedError
from contracts.streams import (
    ALBUM_ASSEMBLED,
    ALBUMS_PARSED,
    POSTS_ENRICHED,
    POSTS_INDEXED,
    POSTS_PARSED,
    POSTS_TAGGED,
    STREAMS,
)
from starter.starter import GROUP
from tests.chaos.batch import ENDED, INDEXED, SKIPPED, Batch
from tests.chaos.house import House, NothingHappenedError, until

#: Seconds that everything may take: an attempt whose process died is missed after at most 90, a claim after 180.
DEADLINE: Final = 300.0
#: Stages that a post of its own runs exactly once, whatever dies.
_ONCE: Final = ("tags", "enrich", "vectors", "graph")

POSTS: Final = """
SELECT p.id, c.tg_channel_id AS channel, p.telegram_message_id AS message, p.enrichment_status AS status,
    p.is_processed AS concluded, p.enrichment_error AS error,
    (SELECT jsonb_object_agg(s.stage, s.runs) FROM post_stages s WHERE s.post_id = p.id) AS runs
FROM posts p JOIN channels c ON c.id = p.channel_id WHERE p.tenant_id = $1
"""
ALBUMS: Final = """
SELECT c.tg_channel_id AS channel, g.grouped_id, g.assembled_fingerprint IS NOT NULL AS assembled
FROM media_groups g JOIN channels c ON c.id = g.channel_id WHERE g.tenant_id = $1
"""
OUTBOX: Final = """
SELECT stream_key AS stream, idempotency_key AS key, processed_at IS NOT NULL AS sent FROM outbox_events
WHERE tenant_id = $1
"""


@dataclass
class Found:
    """What is wrong, a sentence each; ``extra_looks`` were paid for and lost, which a crash may do."""

    posts: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    extra_looks: int = 0

    def add(self, other: "Found") -> None:
        """Take in what another look found."""
        self.posts += other.posts
        self.extra_looks += other.extra_looks
        for mine, theirs in (
            (self.lost, other.lost),
            (self.doubled, other.doubled),
            (self.stuck, other.stuck),
        ):
            mine.extend(theirs)


@dataclass
class Expected:
    """How everything of a tenant must end."""

    tenant: UUID
    ends: dict[tuple[int, int], str] = field(default_factory=dict)
    albums: Counter[int] = field(default_factory=Counter)
    #: Posts that may be built more than once: captions of albums, and what was edited.
    again: set[tuple[int, int]] = field(default_factory=set)
    #: Lost answers of a provider that deaths explain.
    deaths: int = 0
    #: Whether producers write entries of the same posts.
    foreign: bool = False

    def expect_entries(self, channel: int, messages: Iterable[int], end: str = INDEXED) -> None:
        """Expect posts that a producer writes."""
        self.ends.update({(channel, message): end for message in messages})

    def expect(self, batch: Batch) -> None:
        """Expect what a batch brings."""
        self.ends.update({(batch.channel, message): end for message, end in batch.posts.items()})
        self.again |= {(batch.channel, message) for message in batch.captions}
        self.albums[batch.channel] += batch.albums


@dataclass(frozen=True)
class _Stores:
    """Everything of a tenant, as the stores have it."""

    posts: Sequence[asyncpg.Record]
    albums: Sequence[asyncpg.Record]
    outbox: Sequence[asyncpg.Record]
    keys: dict[str, Counter[str]]
    told: dict[str, Counter[str]]
    points: set[UUID]
    nodes: set[UUID]


async def settled(house: House, expected: Expected, seconds: float = DEADLINE) -> float:
    """Wait until everything is at its end; return how long it took.

    Raises:
        NothingHappenedError: it is not within ``seconds``.
    """
    began = time.monotonic()

    async def is_settled() -> bool:
        return not await _unfinished(house, expected)

    await until("everything at its end", is_settled, seconds)
    return time.monotonic() - began


async def _unfinished(house: House, expected: Expected) -> list[str]:
    """Return what is not at its end yet; looks first where most is to be seen."""
    rows = await house.pool.fetch(POSTS, expected.tenant)
    ends = {(row["channel"], row["message"]): row for row in rows}
    waiting = [at for at in expected.ends if at not in ends or not _is_over(ends[at])]
    if waiting:
        return [
            f"post {at} is {dict(ends[at]).get('status') if at in ends else 'not there'}" for at in waiting
        ]
    albums = await house.pool.fetch(ALBUMS, expected.tenant)
    assembled = Counter(row["channel"] for row in albums if row["assembled"])
    if short := [channel for channel, count in expected.albums.items() if assembled[channel] < count]:
        return [f"albums of {channel} are not assembled" for channel in short]
    return [*await _unsent(house, expected), *await _unread(house), *await _open(house, expected)]


def _is_over(row: asyncpg.Record) -> bool:
    return bool(row["concluded"]) or row["status"] == "failed"


async def _unsent(house: House, expected: Expected) -> list[str]:
    rows = await house.pool.fetch(OUTBOX, expected.tenant)
    return [f"not told: {row['stream']} {row['key']}" for row in rows if not row["sent"]]


async def _unread(house: House) -> list[str]:
    found = []
    for stream in (POSTS_PARSED, ALBUMS_PARSED):
        info = await describe(house.redis, stream)
        group = next((group for group in info.groups if group.name == GROUP), None)
        waiting = group.lag + group.pending if group else info.length
        found += [f"{waiting} entries of {stream} are not acknowledged"] if waiting else []
    return found


async def _open(house: House, expected: Expected) -> list[str]:
    running = house.client.list_workflows(f"TgTenant='{expected.tenant}' AND ExecutionStatus='Running'")
    return [f"{run.id} is open" async for run in running]


async def audited(house: House, expected: Expected) -> Found:
    """Stop the service and return what is wrong with what it leaves. A house whose servers it holds is read first."""
    found = Found(posts=len(expected.ends))
    found.stuck += await _unfinished(house, expected)
    posts, albums, outbox = [
        await house.pool.fetch(query, expected.tenant) for query in (POSTS, ALBUMS, OUTBOX)
    ]
    keys, told = await _streams(house)
    found.extra_looks = _extra_looks(house, expected)
    if await house.stop() != 0:
        found.stuck.append(f"the service ended with {house.process.exitcode}")
    points, nodes = await _index(house, expected.tenant)
    stores = _Stores(posts, albums, outbox, keys, told, points, nodes)
    found.lost += [*_lost_posts(stores, expected), *_lost_albums(stores, expected), *_lost_events(stores)]
    found.doubled += [*_doubled_events(stores, foreign=expected.foreign), *_doubled_effects(stores, expected)]
    if found.extra_looks > expected.deaths:
        found.doubled.append(f"{found.extra_looks} looks were taken twice, {expected.deaths} deaths explain")
    return found


async def _streams(house: House) -> tuple[dict[str, Counter[str]], dict[str, Counter[str]]]:
    """Return how often each key and each post was told of, by stream."""
    keys: dict[str, Counter[str]] = {}
    told: dict[str, Counter[str]] = {}
    for stream in STREAMS:
        events = [event for _, fields in await house.redis.xrange(stream) if (event := _event(fields))]
        keys[stream] = Counter(str(event.get("idempotency_key")) for event in events)
        told[stream] = Counter(str(event.get("post_id", event.get("grouped_id"))) for event in events)
    return keys, told


def _event(fields: dict[str, str]) -> dict[str, Any] | None:
    """Return the event of an entry, None of one that says nothing."""
    try:
        return decode(fields)
    except RejectedError:
        return None


async def _index(house: House, tenant: UUID) -> tuple[set[UUID], set[UUID]]:
    vectors = VectorIndex.at_path(house.folder / "vectors", 512)
    graph = EmbeddedGraph.open(house.folder / "graph")
    try:
        return await vectors.ids(tenant), await graph.post_ids(tenant)
    finally:
        await vectors.close()
        await graph.close()


def _lost_posts(stores: _Stores, expected: Expected) -> Iterable[str]:
    rows = {(row["channel"], row["message"]): row for row in stores.posts}
    for at, end in expected.ends.items():
        row = rows.get(at)
        if row is None:
            yield f"post {at} is not in the archive"
        elif end not in (row["status"], ENDED):
            yield f"post {at} is {row['status']} instead of {end}"
        elif row["status"] == INDEXED:
            yield from (f"post {at} has no {what}" for what in _missing(stores, row))
        elif row["status"] == SKIPPED and not stores.told[POSTS_ENRICHED][str(row["id"])]:
            yield f"post {at} was never told of"


def _missing(stores: _Stores, row: asyncpg.Record) -> Iterable[str]:
    for stream in (POSTS_TAGGED, POSTS_ENRICHED, POSTS_INDEXED):
        if not stores.told[stream][str(row["id"])]:
            yield f"event on {stream}"
    if row["id"] not in stores.points:
        yield "point"
    if row["id"] not in stores.nodes:
        yield "node"


def _lost_albums(stores: _Stores, expected: Expected) -> Iterable[str]:
    for channel, count in expected.albums.items():
        albums = [row for row in stores.albums if row["channel"] == channel and row["assembled"]]
        if len(albums) < count:
            yield f"channel {channel} has {len(albums)} of {count} albums"
        for row in albums:
            if not stores.told[ALBUM_ASSEMBLED][str(row["grouped_id"])]:
                yield f"album {row['grouped_id']} was never told of"


def _lost_events(stores: _Stores) -> Iterable[str]:
    for row in stores.outbox:
        if row["sent"] and not stores.keys[row["stream"]][row["key"]]:
            yield f"{row['key']} was told and is not on {row['stream']}"


def _doubled_events(stores: _Stores, *, foreign: bool) -> Iterable[str]:
    """What producers write to the streams that we read may repeat itself."""
    for stream, keys in stores.keys.items():
        if foreign and stream in (POSTS_PARSED, ALBUMS_PARSED):
            continue
        ours = {row["key"] for row in stores.outbox if row["stream"] == stream}
        yield from (f"{key} is {keys[key]} times on {stream}" for key in ours if keys[key] > 1)


def _doubled_effects(stores: _Stores, expected: Expected) -> Iterable[str]:
    for row in stores.posts:
        at = (row["channel"], row["message"])
        if at in expected.again:
            continue
        runs: dict[str, Any] = row["runs"] or {}
        yield from (f"post {at} ran {stage} {runs[stage]} times" for stage in _ONCE if runs.get(stage, 1) > 1)
        for stream in (POSTS_TAGGED, POSTS_ENRICHED, POSTS_INDEXED):
            if (count := stores.told[stream][str(row["id"])]) > 1:
                yield f"post {at} is {count} times on {stream}"
    ids = {row["id"] for row in stores.posts}
    yield from (f"point {id} is of no post" for id in stores.points - ids)
    yield from (f"node {id} is of no post" for id in stores.nodes - ids)


def _extra_looks(house: House, expected: Expected) -> int:
    """Return how many answers the provider gave beyond one for each picture of the tenant."""
    paid = [line for line in house.orders.notes("vision.look") if line.startswith(str(expected.tenant))]
    return len(paid) - len(set(paid))


async def whole(house: House, expected: Expected, seconds: float = DEADLINE) -> tuple[Found, float]:
    """Wait for the end and audit; what never came is found as stuck. Returns also the seconds of the wait."""
    try:
        took = await settled(house, expected, seconds)
    except NothingHappenedError:
        took = seconds
    return await audited(house, expected), took
