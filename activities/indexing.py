"""Indexing: the vector and the graph of a post, each replaced as a whole."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from temporalio import activity

from activities.timing import asker, happened_at, milliseconds_since, timing
from contracts.asking import Asker
from contracts.commit import StageCommit
from contracts.embedding import EmbedderIdentity, Vector
from contracts.index import GraphCounts, PostNode, VectorPoint
from contracts.material import PostMaterial
from contracts.post import PostRef, StageRequest
from contracts.stages import Outcome, Stage, StageRecord
from domain import build
from domain.connections import post_node
from domain.material import embedded_text, payload


class Embedder(Protocol):
    """Turns a text into a vector of the identity's size; one that wants to be paid is, by those who ask."""

    identity: EmbedderIdentity

    async def vector_of(self, text: str, askers: Sequence[Asker]) -> Vector: ...


class Embedders(Protocol):
    """The wanted embedder, and whichever others are here that have filled collections before it."""

    @property
    def wanted(self) -> Embedder: ...

    def of(self, identity: EmbedderIdentity) -> Embedder | None: ...


class Vectors(Protocol):
    """The vector index: a point goes into the collection of its embedder, or nowhere when that is gone."""

    async def searched_by(self, tenant_id: UUID) -> EmbedderIdentity | None: ...

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
    """Needs embedders, a vector index and a graph; a store that is up to date is never written again."""

    def __init__(
        self,
        embedders: Embedders,
        vectors: Vectors,
        graph: Graph,
        posts: Materials,
        records: Records,
        vision_version: str,
    ) -> None:
        self._embedders, self._vectors, self._graph = embedders, vectors, graph
        self._posts, self._records, self._vision_version = posts, records, vision_version

    @activity.defn
    async def index_vectors(self, request: StageRequest) -> StageRecord:
        """Embed the post and put its point, also where search still finds an older embedder's.

        Idempotent: a point's id is the post's; and while the index is away, no text is paid for twice.

        Raises:
            BudgetExhaustedError: the embedder wants to be paid, and the tenant may spend no more today.
            BrakedError: nobody asks the embedder now.
        """
        start = datetime.now(UTC)
        material = await self._posts.material(request.ref, self._vision_version)
        if known := _known(request, material):
            return known
        wanted = self._embedders.wanted
        point = await _point(material, wanted)
        embedded_ms = milliseconds_since(start)
        await self._put_where_searched(material)
        await self._vectors.put_one(request.ref.tenant_id, point)
        by = wanted.identity
        result = {
            "provider": by.provider, "model": by.model, "version": by.version, "dim": by.size,
            "collection": f"t{request.ref.tenant_id}_posts", "embedding_ms": embedded_ms,
            "write_ms": milliseconds_since(start) - embedded_ms,
        }  # fmt: skip
        return await self._done(request, result)

    async def _put_where_searched(self, material: PostMaterial) -> None:
        """While another collection than the wanted one is searched, a new or changed post is found there too."""
        tenant_id = material.ref.tenant_id
        searched = await self._vectors.searched_by(tenant_id)
        if searched is None or searched == self._embedders.wanted.identity or _was_put(material, searched):
            return
        if former := self._embedders.of(searched):
            await self._vectors.put_one(tenant_id, await _point(material, former))

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


async def _point(material: PostMaterial, embedder: Embedder) -> VectorPoint:
    ref = material.ref
    askers = [asker(Stage.VECTORS, ref.tenant_id, ref.post_id)]
    vector = await embedder.vector_of(embedded_text(material), askers)
    return VectorPoint(
        post_id=ref.post_id, vector=vector, payload=payload(material), embedder=embedder.identity
    )


def _was_put(material: PostMaterial, searched: EmbedderIdentity) -> bool:
    """Whether the post was indexed last as it is now, by ``searched``: nothing is embedded twice for nothing."""
    indexed, enriched = material.records.get(Stage.VECTORS), material.records.get(Stage.ENRICH)
    if indexed is None or enriched is None:
        return False
    return indexed.fingerprint == build.vectors_fingerprint(searched.stage_version, enriched.output)


def _known(request: StageRequest, material: PostMaterial) -> StageRecord | None:
    """What was committed before the answer was lost is not written again."""
    known = material.records.get(request.stage)
    return known if known and known.fingerprint == request.fingerprint else None
