"""What became of everything of a tenant: read from the real stores."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from adapters.embedded_graph.graph import EmbeddedGraph
from adapters.qdrant import VectorIndex
from contracts.encoding import decode
from contracts.errors import RejectedError
from contracts.streams import STREAMS
from runtime.settings import Settings
from tests.chaos.house import House
from workers.embedders import wanted_embedder

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
TOMBSTONES: Final = """
SELECT t.post_id AS id, c.tg_channel_id AS channel, t.telegram_message_id AS message
FROM post_tombstones t JOIN channels c ON c.id = t.channel_id WHERE t.tenant_id = $1 AND t.erased_at IS NOT NULL
"""
PHOTOS: Final = """
SELECT c.tg_channel_id AS channel, count(*) FILTER (WHERE p.recorded_at IS NOT NULL) AS recorded
FROM channel_photos p JOIN channels c ON c.id = p.channel_id WHERE p.tenant_id = $1 GROUP BY 1
"""
OUTBOX: Final = """
SELECT stream_key AS stream, idempotency_key AS key, aggregate_id AS of, processed_at IS NOT NULL AS sent
FROM outbox_events WHERE tenant_id = $1
"""


@dataclass(frozen=True)
class Truth:
    """Everything of a tenant, as the stores have it."""

    posts: Sequence[asyncpg.Record]
    albums: Sequence[asyncpg.Record]
    gone: Sequence[asyncpg.Record]
    outbox: Sequence[asyncpg.Record]
    keys: dict[str, Counter[str]]
    told: dict[str, Counter[str]]
    points: set[UUID]
    nodes: set[UUID]
    #: How the service ended when it was asked to.
    status: int


async def read(house: House, tenant: UUID) -> Truth:
    """Stop the service, which holds the indexes, and return what there is. Its servers may go with it: first those."""
    posts, albums, gone, outbox = [
        await house.pool.fetch(query, tenant) for query in (POSTS, ALBUMS, TOMBSTONES, OUTBOX)
    ]
    keys, told = await _streams(house)
    status = await house.stop()
    points, nodes = await _index(house, tenant)
    return Truth(posts, albums, gone, outbox, keys, told, points, nodes, status)


def at_of(row: asyncpg.Record) -> tuple[int, int]:
    """Return channel and message of a post's row."""
    return row["channel"], row["message"]


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
    vectors = VectorIndex.at_path(house.folder / "vectors", wanted_embedder(Settings(_env_file=None)))
    graph = EmbeddedGraph.open(house.folder / "graph")
    try:
        return await vectors.ids(tenant), await graph.post_ids(tenant)
    finally:
        await vectors.close()
        await graph.close()
