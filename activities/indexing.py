"""Indexing: the vector and the graph of a post, each replaced as a whole."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from temporalio import activity

from activities.timing import happened_at, milliseconds_since, timing
from contracts.commit import StageCommit
from contracts.index import GraphCounts, PostNode, VectorPoint
from contracts.material import PostMaterial
from contracts.post import PostRef, StageRequest
from contracts.stages import Outcome, StageRecord
from domain.connections import post_node
from domain.material import embedded_text, payload


class Embedder(Protocol):
    """Turns texts into vectors, each of ``size`` floats."""

    provider: str
    model: str
    size: int

    async def embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]: ...


class Vectors(Protocol):
    """The vector index."""

    async def put_one(self, tenant_id: UUID, point: VectorPoint) -> None: ...


class Graph(Protocol):
    """The graph."""

    async def replace_post(self, node: PostNode) -> GraphCounts: ...


class Materials(Protocol):
    """Reads a post whole."""

    async def material(self, ref: PostRef, vision_version: str) -> PostMaterial: ...


class Records(Protocol):
    """Where stages leave what they did."""

    async def commit(self, *commits: StageCommit) -> None: ...


class IndexActivities:
    """Needs an embedder, a vector index and a graph; a store that is up to date is never written again."""

    def __init__(
        self,
        embedder: Embedder,
        vectors: Vectors,
        graph: Graph,
        posts: Materials,
        records: Records,
        vision_version: str,
    ) -> None:
        self._embedder, self._vectors, self._graph = embedder, vectors, graph
        self._posts, self._records, self._vision_version = posts, records, vision_version

    @activity.defn
    async def index_vectors(self, request: StageRequest) -> StageRecord:
        """Embed the post and put its point. Idempotent: the point's id is the post's."""
        start = datetime.now(UTC)
        material = await self._posts.material(request.ref, self._vision_version)
        if known := _known(request, material):
            return known
        (vector,) = await self._embedder.embed([embedded_text(material)])
        embedded_ms = milliseconds_since(start)
        point = VectorPoint(post_id=request.ref.post_id, vector=vector, payload=payload(material))
        await self._vectors.put_one(request.ref.tenant_id, point)
        result = {
            "provider": self._embedder.provider, "model": self._embedder.model, "dim": self._embedder.size,
            "collection": f"t{request.ref.tenant_id}_posts", "embedding_ms": embedded_ms,
            "write_ms": milliseconds_since(start) - embedded_ms,
        }  # fmt: skip
        return await self._done(request, result)

    @activity.defn
    async def link_graph(self, request: StageRequest) -> StageRecord:
        """Put the post and everything it is connected to. Idempotent: what is not there any more goes."""
        start = datetime.now(UTC)
        material = await self._posts.material(request.ref, self._vision_version)
        if known := _known(request, material):
            return known
        counts = await self._graph.replace_post(post_node(material, indexed_at=happened_at()))
        result = {
            "nodes": counts.nodes,
            "relationships": counts.relationships,
            "write_ms": milliseconds_since(start),
        }
        return await self._done(request, result)

    async def _done(self, request: StageRequest, result: Mapping[str, object]) -> StageRecord:
        record = StageRecord(
            stage=request.stage,
            fingerprint=request.fingerprint,
            outcome=Outcome.DONE,
            output=request.fingerprint,
        )
        await self._records.commit(
            StageCommit(ref=request.ref, record=record, timing=timing(), result=result)
        )
        return record


def _known(request: StageRequest, material: PostMaterial) -> StageRecord | None:
    """What was committed before the answer was lost is not written again."""
    known = material.records.get(request.stage)
    return known if known and known.fingerprint == request.fingerprint else None
