"""The same changes in order and in disorder, through the real starter, workers and stores; and what is left of them.

Every run has a database, a Redis, an index and a graph of its own, on one Temporal server; the tenant is the same,
so that ids, events and fingerprints of two runs can be compared as they are.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from temporalio.client import Client, WorkflowExecutionStatus

from adapters.embedded_graph.graph import EmbeddedGraph
from adapters.postgres.door import Directory
from adapters.redis_streams.reader import StreamReader
from cli.service import guard_of
from contracts.changes import PRODUCER
from contracts.embedding import EmbedderIdentity
from contracts.encoding import decode
from contracts.identity import post_workflow_id
from contracts.index import SearchQuery
from contracts.streams import POSTS_DELETED, POSTS_EDITED, POSTS_ENRICHED, POSTS_PARSED, STREAMS
from domain.policy import Policies
from runtime.settings import Settings, WorkerSettings
from starter.door import Door
from starter.gate import Gate
from starter.starter import GROUP, HANDLERS, Starter
from tests.acceptance.changes import Change
from workers.activities import activities_by_queue
from workers.parts import Parts
from workers.providers import Providers
from workers.stores import Stores, open_stores
from workers.workers import build_workers

#: Seconds that one run may take.
DEADLINE: Final = 600.0
_READ: Final = (POSTS_PARSED, POSTS_EDITED, POSTS_DELETED)

#: What is left in the database, without what only counts or dates the work: how often, when, how long.
_TABLES: Final = {
    "posts": "SELECT to_jsonb(p) - '{created_at,updated_at,idempotency_key}'::text[] FROM posts p",
    "stages": """SELECT to_jsonb(s) - '{attempts,runs,scheduled_at,started_at,ended_at,result}'::text[]
        FROM post_stages s WHERE stage <> 'persist'""",
    "findings": """SELECT to_jsonb(e) - '{created_at,updated_at,data}'::text[]
        || jsonb_build_object('data', e.data - '{latency_ms,trigger,metadata,trace_id}'::text[])
        FROM post_enrichment e WHERE kind <> 'crawl' AND kind <> 'general'""",
    "tombstones": "SELECT to_jsonb(t) - '{recorded_at,erased_at,counts,trace_id}'::text[] FROM post_tombstones t",
    "early edits": "SELECT to_jsonb(e) FROM post_early_edits e",
    "parks": "SELECT to_jsonb(k) FROM parks k",
}


@dataclass(frozen=True)
class Site:
    """Where runs take place: one engine, and the addresses of empty stores."""

    client: Client
    providers: Providers
    tenant: UUID


@dataclass(frozen=True)
class End:
    """What a run left: rows, points, nodes and edges, the keys of its events, and events that came twice."""

    rows: dict[str, list[str]]
    points: dict[str, str]
    graph: list[str]
    keys: dict[str, list[str]]
    last_texts: dict[str, str]


async def run_through(
    site: Site, settings: Settings, addresses: tuple[str, str], changes: Sequence[Change], *, live: bool
) -> End:
    """Write the changes and return the end state.

    ``live``: workers are at it while the changes come; otherwise everything waits at the posts before they begin.
    """
    async with _stores(settings, addresses, site.tenant) as stores, AsyncExitStack() as stack:
        starters = {stream: _starter(stream, stores, site.client) for stream in _READ}
        if live:
            await _work(stack, site, stores)
        await _write(stores, changes)
        async with asyncio.timeout(DEADLINE):
            while not all([await _is_read(stores, stream) for stream in starters]):
                for starter in starters.values():
                    await starter.step()
            if not live:
                await _work(stack, site, stores)
            await _ended(site.client, changes)
            return await _end(stores, site)


def differences(one: End, other: End, *, keys: bool = True) -> list[str]:
    """Return in words where two ends differ; nothing when they are equal.

    Without ``keys`` the way does not count: which versions were told on it, what stages read on it. A post whose links
    were read before an edit took them away has a record of that.
    """
    names = list(_TABLES) if keys else [name for name in _TABLES if name != "stages"]
    pairs: list[tuple[str, Iterable[Any], Iterable[Any]]] = [
        *((name, one.rows[name], other.rows[name]) for name in names),
        ("results", _results(one), _results(other)),
        ("points", one.points.items(), other.points.items()),
        ("graph", one.graph, other.graph),
        ("texts told last", one.last_texts.items(), other.last_texts.items()),
    ]
    if keys:
        pairs += [(f"keys of {s}", one.keys[s], other.keys[s]) for s in one.keys]
    return [
        f"{name}: {_difference(a, b)}" for name, a, b in pairs if sorted(map(str, a)) != sorted(map(str, b))
    ]


def _results(end: End) -> list[str]:
    """What came of each stage."""
    rows = [json.loads(row) for row in end.rows["stages"]]
    told = [row for row in rows if (row["stage"], row["reason"]) != ("crawl", "no_links")]
    return [f"{r['post_id']} {r['stage']} {r['outcome']} {r['reason']} {_content(r)}" for r in told]


def _content(record: dict[str, str]) -> str:
    """The hash of what a stage gave; the index's records hold the fingerprint of what they were made from."""
    return "" if record["stage"] == "graph" else record["output"]


def told_twice(end: End) -> list[str]:
    """Return the keys that a stream has twice."""
    return [key for keys in end.keys.values() for key in set(keys) if keys.count(key) > 1]


def _difference(one: Iterable[Any], other: Iterable[Any]) -> str:
    ours, theirs = set(map(str, one)), set(map(str, other))
    return f"only in the first {sorted(ours - theirs)[:2]}, only in the second {sorted(theirs - ours)[:2]}"


@asynccontextmanager
async def _stores(settings: Settings, addresses: tuple[str, str], tenant: UUID) -> AsyncIterator[Stores]:
    postgres, redis = addresses
    async with open_stores(settings, postgres, redis) as stores:
        await stores.redis.flushdb()
        await guard_of(stores).look()
        await Directory(stores.pool).add_tenant(tenant, "disorder")
        yield stores


def _starter(stream: str, stores: Stores, client: Client) -> Starter:
    handler = HANDLERS[stream](client, Door(Directory(stores.pool), 60))
    return Starter(
        StreamReader(stores.redis, stream, GROUP, "starter-1"), handler, Gate(_none, 10_000, 1), 50
    )


async def _none() -> int:
    return 0


async def _work(stack: AsyncExitStack, site: Site, stores: Stores) -> None:
    parts = Parts(site.client, stores, site.providers, Policies())
    for worker in build_workers(site.client, activities_by_queue(parts), WorkerSettings()):
        await stack.enter_async_context(worker)


async def _write(stores: Stores, changes: Sequence[Change]) -> None:
    async with stores.redis.pipeline(transaction=False) as pipe:
        for change in changes:
            fields: Any = change.fields
            pipe.xadd(change.stream, fields)
        await pipe.execute()


async def _ended(client: Client, changes: Sequence[Change]) -> None:
    """Return when no post's workflow runs; each is asked by itself, because lists lag behind."""
    ids = {_workflow_id(change.fields) for change in changes}
    while ids:
        runs = await asyncio.gather(*(client.get_workflow_handle(id).describe() for id in ids))
        ids = {run.id for run in runs if run.status is WorkflowExecutionStatus.RUNNING}
        await asyncio.sleep(0.2)


def _workflow_id(fields: dict[str, str]) -> str:
    return post_workflow_id(
        UUID(fields["tenant_id"]), int(fields["tg_channel_id"]), int(fields["telegram_message_id"])
    )


async def _is_read(stores: Stores, stream: str) -> bool:
    if not await stores.redis.exists(stream):
        return True
    groups = {g["name"]: g for g in await stores.redis.xinfo_groups(stream)}
    last = await stores.redis.xrevrange(stream, count=1)
    ours = groups.get(GROUP)
    return bool(ours and not ours["pending"] and ours["last-delivered-id"] == last[0][0])


async def _end(stores: Stores, site: Site) -> End:
    rows = {name: await _rows(stores, query) for name, query in _TABLES.items()}
    keys: dict[str, list[str]] = {}
    texts: dict[str, str] = {}
    for stream in (s for s in STREAMS if s not in {POSTS_PARSED, POSTS_EDITED}):
        events = [decode(fields) for _, fields in await stores.redis.xrange(stream)]
        ours = [event for event in events if stream != POSTS_DELETED or event.get("producer") == PRODUCER]
        keys[stream] = sorted(event["idempotency_key"] for event in ours)
        if stream == POSTS_ENRICHED:
            texts = {event["post_id"]: event["text"] for event in events}
    alive = {json.loads(row)["id"] for row in rows["posts"]}
    return End(
        rows=rows,
        points=await _points(stores, site),
        graph=await _graph(stores),
        keys=keys,
        last_texts={post: text for post, text in texts.items() if post in alive},
    )


async def _rows(stores: Stores, query: str) -> list[str]:
    return sorted(
        json.dumps(row[0], ensure_ascii=False, sort_keys=True) for row in await stores.pool.fetch(query)
    )


async def _points(stores: Stores, site: Site) -> dict[str, str]:
    """Every point with its text, its tags and its likeness to a word, which differs when its vector does."""
    question = "трамвай на набережной"

    async def embed(embedder: EmbedderIdentity) -> tuple[float, ...] | None:
        made_by = site.providers.embedders.of(embedder)
        return await made_by.vector_of(question, ()) if made_by else None

    query = SearchQuery(tenant_id=site.tenant, text=question, limit=10_000)
    hits = await stores.vectors.search(query, embed)
    return {str(hit.post_id): f"{hit.text} {hit.tags} {hit.score:.4f}" for hit in hits}


async def _graph(stores: Stores) -> list[str]:
    assert isinstance(stores.graph, EmbeddedGraph)
    nodes = await stores.graph._store.transaction(lambda run: run("MATCH (n) RETURN label(n), n.key"))
    edges = await stores.graph._store.transaction(
        lambda run: run("MATCH (a)-[e]->(b) RETURN label(e), a.key, b.key")
    )
    return sorted(str(row) for row in [*nodes, *edges])
