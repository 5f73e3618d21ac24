"""The bridge: tells the outside world, in its own contract, what was committed. The only writer of those streams."""

from collections.abc import Sequence
from typing import Any, Protocol

from temporalio import activity

from activities.leftovers import Leftovers
from activities.timing import happened_at
from contracts.album import AlbumRef, Assembled
from contracts.announcements import PostIndexed
from contracts.deleting import Erased
from contracts.identity import digest
from contracts.material import PostMaterial
from contracts.outgoing import Outgoing, outgoing
from contracts.post import PostRef, Refresh
from contracts.stages import Stage


class Unsent(Protocol):
    """An event that was committed and has not left yet."""

    @property
    def id(self) -> int: ...
    @property
    def event(self) -> Outgoing: ...


class Outbox(Protocol):
    """What is still to be told."""

    async def unsent(self, aggregate: str) -> Sequence[Unsent]: ...

    async def sent(self, ids: Sequence[int], entry_ids: Sequence[str]) -> None: ...


class EventLog(Protocol):
    """The streams; each key is appended once."""

    async def append_all(self, events: Sequence[Outgoing]) -> list[str]: ...


class Materials(Protocol):
    """Reads a post whole."""

    async def material(self, ref: PostRef, vision_version: str) -> PostMaterial: ...


class Conclusions(Protocol):
    """Says in the archive how a post ended."""

    async def conclude(self, ref: PostRef, events: Sequence[Outgoing], status: str) -> bool: ...


class Posts(Protocol):
    """Reaches the workflow of a post or an album, also one that has ended."""

    async def refresh(self, ref: PostRef, why: Refresh) -> None: ...

    async def refresh_album(self, ref: AlbumRef) -> None: ...


class BridgeActivities:
    """Publishes from the outbox: a retry sends the same bytes under the same key, and changes nothing."""

    def __init__(
        self,
        outbox: Outbox,
        log: EventLog,
        posts: Materials,
        conclusions: Conclusions,
        workflows: Posts,
        leftovers: Leftovers,
    ) -> None:
        self._outbox, self._log, self._posts = outbox, log, posts
        self._conclusions, self._workflows, self._leftovers = conclusions, workflows, leftovers

    @activity.defn
    async def announce(self, aggregate: str) -> int:
        """Append every unsent event of a post (its id) or album; return how many there were."""
        unsent = await self._outbox.unsent(aggregate)
        if unsent:
            entries = await self._log.append_all([row.event for row in unsent])
            await self._outbox.sent([row.id for row in unsent], entries)
        return len(unsent)

    @activity.defn
    async def announce_indexed(self, ref: PostRef) -> int:
        """Mark the post as indexed, in this version, and announce it with whatever else is unsent.

        An album that was put together without everything has another look: this may be what was missing.
        """
        material = await self._posts.material(ref, "")
        if Stage.VECTORS not in material.records:  # an operator let it go on without
            return await self.announce_skipped(ref)
        return await self._concluded(material, [outgoing(_indexed(material))], "indexed")

    @activity.defn
    async def announce_skipped(self, ref: PostRef) -> int:
        """Mark the post as skipped and announce whatever is unsent; its album has another look, as above."""
        return await self._concluded(await self._posts.material(ref, ""), [], "skipped")

    async def _concluded(self, material: PostMaterial, events: Sequence[Outgoing], state: str) -> int:
        ref, album = material.ref, material.album
        await self._conclude(ref, events, state)
        sent = await self.announce(str(ref.post_id))
        if album and album.partial:
            await self._workflows.refresh_album(AlbumRef.of(ref, album.grouped_id))
        return sent

    async def _conclude(self, ref: PostRef, events: Sequence[Outgoing], status: str) -> None:
        if await self._conclusions.conclude(ref, events, status):
            await self._leftovers.end(ref.workflow_id)

    @activity.defn
    async def announce_deleted(self, erased: Erased) -> int:
        """Announce that the post is gone, then have its album do without it."""
        sent = await self.announce(str(erased.ref.post_id))
        await self._leftovers.end(erased.ref.workflow_id, is_deleted=True)
        if erased.grouped_id is not None:
            await self._workflows.refresh_album(AlbumRef.of(erased.ref, erased.grouped_id))
        return sent

    @activity.defn
    async def announce_assembled(self, album: Assembled) -> int:
        """Announce the album, then have the post with its caption look at the summary."""
        sent = await self.announce(album.ref.workflow_id)
        await self._leftovers.end(album.ref.workflow_id)
        if album.caption_post:
            why = Refresh(reason="album_assembled", event_id=album.fingerprint[:16])
            await self._workflows.refresh(album.caption_post, why)
        return sent


def _indexed(material: PostMaterial) -> PostIndexed:
    ref = material.ref
    vectors, graph = material.results.get(Stage.VECTORS, {}), material.results.get(Stage.GRAPH, {})
    stages = [stage for stage in (Stage.VECTORS, Stage.GRAPH) if stage in material.records]
    versions = [f"{material.records[stage].fingerprint}.{material.records[stage].runs}" for stage in stages]
    embedding_ms, vector_ms, graph_ms = (_whole(v) for v in (
        vectors.get("embedding_ms"), vectors.get("write_ms"), graph.get("write_ms")))  # fmt: skip
    return PostIndexed(
        trace_id=ref.trace_id, occurred_at=happened_at(), indexed_at=happened_at(),
        idempotency_key=f"{ref.post_id}:indexed:v1:{digest(*versions)[:12]}",
        post_id=ref.post_id, tenant_id=ref.tenant_id, channel_id=ref.channel_id, vector_id=str(ref.post_id),
        embedding_provider=str(vectors["provider"]), embedding_dim=_whole(vectors["dim"]),
        qdrant_collection=str(vectors["collection"]), neo4j_nodes_created=_whole(graph.get("nodes")),
        neo4j_relationships_created=_whole(graph.get("relationships")),
        indexing_duration_ms=embedding_ms + vector_ms + graph_ms, embedding_generation_ms=embedding_ms,
        qdrant_indexing_ms=vector_ms, neo4j_indexing_ms=graph_ms,
    )  # fmt: skip


def _whole(value: Any) -> int:
    return int(value or 0)
