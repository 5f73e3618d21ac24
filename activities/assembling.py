"""Albums: collecting what arrived, and putting it together."""

import json
from typing import Protocol
from uuid import UUID

from temporalio import activity

from activities.leftovers import Leftovers
from activities.timing import happened_at
from contracts.album import (
    AlbumInput,
    AlbumMaterial,
    AlbumRef,
    AlbumState,
    Assembled,
    AssembleRequest,
)
from contracts.announcements import AlbumAssembled
from contracts.events import AlbumParsed
from contracts.identity import digest
from contracts.index import AlbumNode, GraphCounts
from contracts.outgoing import Outgoing, outgoing
from domain.albums import AlbumSummary, caption_item, summarize
from domain.standards import Standards


class Albums(Protocol):
    """Where albums are kept."""

    async def save(self, ref: AlbumRef, event: AlbumParsed) -> None: ...

    async def state(self, ref: AlbumRef, standards: Standards) -> AlbumState: ...

    async def material(self, ref: AlbumRef, standards: Standards) -> AlbumMaterial: ...

    async def dissolve(self, ref: AlbumRef) -> None: ...

    async def assembled(
        self, album: AlbumMaterial, fingerprint: str, enrichment: dict[str, object], event: Outgoing
    ) -> None: ...


class Graph(Protocol):
    """The graph."""

    async def put_album(self, album: AlbumNode) -> GraphCounts: ...

    async def delete_album(self, tenant_id: UUID, channel_id: UUID, grouped_id: int) -> None: ...


class Objects(Protocol):
    """Keeps bytes under keys."""

    async def put(self, key: str, body: bytes, content_type: str) -> bool: ...

    async def delete(self, key: str) -> bool: ...


class AlbumActivities:
    """Puts albums together from what posts and pictures left in the archive."""

    def __init__(
        self, albums: Albums, graph: Graph, objects: Objects, leftovers: Leftovers, standards: Standards
    ) -> None:
        self._albums, self._graph, self._objects = albums, graph, objects
        self._leftovers, self._standards = leftovers, standards

    @activity.defn
    async def collect_album(self, album: AlbumInput) -> AlbumState:
        """Save what the event announces, if there is one, and return what has arrived so far. Idempotent."""
        if album.event is not None:
            await self._albums.save(album.ref, album.event)
        return await self._albums.state(album.ref, self._standards)

    @activity.defn
    async def assemble_album(self, request: AssembleRequest) -> Assembled:
        """Write the album's summary object, its node, its row and its event.

        Idempotent: all four are keyed by the album; the event by the fingerprint too.
        """
        album = await self._albums.material(request.ref, self._standards)
        caption = caption_item(album.items)
        done = Assembled(
            ref=request.ref, fingerprint=request.fingerprint, caption_post=caption.post if caption else None
        )
        if album.assembled == request.fingerprint:
            return done
        summary = summarize(album)
        event = _event(request, album, summary)
        await self._objects.put(event.s3_key or "", _body(event), "application/json")
        await self._graph.put_album(_node(album, summary, caption.text if caption else None))
        enrichment = _enrichment(
            event, summary, str(done.caption_post.post_id) if done.caption_post else None
        )
        await self._albums.assembled(album, request.fingerprint, enrichment, outgoing(event))
        return done

    @activity.defn
    async def dissolve_album(self, album: AlbumState) -> None:
        """Forget an album whose last item was deleted: its object, its node, its row. Idempotent."""
        await self._leftovers.end(album.ref.workflow_id)
        if album.absent:
            return
        await self._objects.delete(_object_key(album))
        await self._graph.delete_album(album.ref.tenant_id, album.ref.channel_id, album.ref.grouped_id)
        await self._albums.dissolve(album.ref)


def _event(request: AssembleRequest, album: AlbumMaterial, summary: AlbumSummary) -> AlbumAssembled:
    ref, (first, last) = album.ref, (summary.first_analyzed_at, summary.last_analyzed_at)
    again = f":{request.fingerprint[:12]}" if album.assembled else ""
    return AlbumAssembled(
        trace_id=ref.trace_id, occurred_at=happened_at(), assembly_completed_at=happened_at(),
        idempotency_key=f"{ref.tenant_id}:{ref.channel_id}:{ref.grouped_id}:assembled{again}",
        user_id=album.user_id, channel_id=ref.channel_id, tenant_id=ref.tenant_id, album_id=album.announced_id,
        grouped_id=ref.grouped_id, items_count=album.expected, items_analyzed=summary.analyzed,
        album_kind=summary.album_kind, vision_summary=summary.summary, vision_labels=summary.labels,
        vision_ocr_text=summary.ocr_text, vision_tags=summary.kinds, has_meme=summary.has_meme,
        has_text=summary.has_text, s3_key=_object_key(album),
        posted_at=min((item.posted_at for item in album.items), default=None), first_analyzed_at=first,
        last_analyzed_at=last, assembly_lag_seconds=(last - first).total_seconds() if first and last else None,
        partial=bool(request.missing), missing=request.missing,
    )  # fmt: skip


def _object_key(album: AlbumMaterial | AlbumState) -> str:
    return f"album/{album.ref.tenant_id}/{album.album_id}_vision_summary_v1.json"


def _body(event: AlbumAssembled) -> bytes:
    return json.dumps(event.model_dump(mode="json"), ensure_ascii=False, indent=1).encode()


def _node(album: AlbumMaterial, summary: AlbumSummary, caption: str | None) -> AlbumNode:
    return AlbumNode(
        tenant_id=album.ref.tenant_id,
        channel_id=album.ref.channel_id,
        album_id=album.announced_id,
        grouped_id=album.ref.grouped_id,
        album_kind=summary.album_kind,
        items_count=album.expected,
        caption_text=caption,
        posted_at=min((item.posted_at for item in album.items), default=None),
        post_ids=tuple(item.post.post_id for item in album.items),
    )


def _enrichment(
    event: AlbumAssembled, summary: AlbumSummary, caption_post_id: str | None
) -> dict[str, object]:
    body = event.model_dump(mode="json")
    names = (
        "vision_summary",
        "vision_labels",
        "has_meme",
        "has_text",
        "assembly_completed_at",
        "s3_key",
        "partial",
    )
    return {
        **{name: body[name] for name in (*names, "missing", "items_analyzed")},
        "ocr_text": summary.ocr_text,
        "words": summary.words,
        "caption_post_id": caption_post_id,
        "summary_hash": digest(summary.summary, summary.ocr_text, summary.labels),
        "words_hash": digest(summary.words) if summary.words.strip() else "",
    }
