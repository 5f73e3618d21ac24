"""One full example of every event that leaves."""

from datetime import timedelta
from typing import Any, Final

from contracts.announcements import (
    AlbumAssembled,
    PostCrawl,
    PostDeleted,
    PostEnriched,
    PostIndexed,
    PostTagged,
    VisionAnalysis,
    VisionAnalyzed,
    VisionSkipped,
)
from contracts.changes import PostEdited
from contracts.events import Event, MediaFile, VisionUploaded
from domain.text import tags_hash
from tests.build import LONG, MOMENT, a_ref, an_album_event, an_album_ref, an_event

_REF = a_ref()
_POST: Final[dict[str, Any]] = {
    "trace_id": _REF.trace_id,
    "occurred_at": MOMENT,
    "tenant_id": _REF.tenant_id,
    "post_id": _REF.post_id,
}
_KEY = f"{_REF.post_id}"
_FILE = MediaFile(sha256="ab" * 32, s3_key="media/t/ab/abab.jpg", mime_type="image/jpeg", size_bytes=1234)
_ANALYSIS = VisionAnalysis(
    provider="local",
    model="facts",
    classification={"type": "photo", "confidence": 1.0, "tags": ["река"]},
    description="фото реки",
    ocr_text="Причал № 3",
    analyzed_at=MOMENT,
)

EVENTS: Final[dict[str, Event]] = {
    "posts_parsed": an_event(
        urls=("https://example.org/a?b=1",),
        media_sha256_list=("ab" * 32,),
        link_count=1,
        has_media=True,
        views_count=10,
        telegram_post_url="https://t.me/c/1234567890/7",
        forward_from_peer_id={"channel_id": 5},
        forward_from_name="Другой город",
        forward_date=MOMENT,
        edited_at=MOMENT + timedelta(hours=1),
        is_edited=True,
        grouped_id=555,
        channel_title="Город",
    ),
    "albums_parsed": an_album_event(
        posts=(a_ref(1), a_ref(2)), album_kind="photo", caption_text="Прогулка", content_hash="cd" * 32
    ),
    "posts_vision_uploaded": VisionUploaded(
        **_POST, idempotency_key=f"{_KEY}:uploaded", media_files=(_FILE,)
    ),
    "posts_vision_analyzed": VisionAnalyzed(
        **_POST,
        idempotency_key=f"{_KEY}:seen",
        media=(_FILE,),
        vision=_ANALYSIS,
        results=(_ANALYSIS,),
        vision_version="v1",
        features_hash="ef" * 32,
        media_summary={"analyzed": 1, "files": 1},
        analysis_duration_ms=12,
    ),
    "posts_vision_skipped": VisionSkipped(
        **_POST,
        idempotency_key=f"{_KEY}:skipped",
        reasons=({"media_id": "ab" * 32, "reason": "unsupported_mime", "details": "video/mp4"},),
    ),
    "posts_tagged": PostTagged(
        **_POST,
        idempotency_key=f"{_KEY}:tagged:v1",
        channel_id=_REF.channel_id,
        tags=("трамвай", "набережная"),
        tags_hash=tags_hash(("трамвай", "набережная")),
        provider="local",
        latency_ms=5,
        metadata={"model": "phrases", "retagged": False},
        urls=("https://example.org/a",),
    ),
    "posts_crawl": PostCrawl(
        **_POST,
        idempotency_key=f"{_KEY}:crawl:0123456789ab",
        urls=("https://example.org/a",),
        tags=("трамвай",),
        trigger_reason="wordcount",
        text=LONG,
        created_at=MOMENT,
    ),
    "posts_enriched": PostEnriched(
        **_POST,
        idempotency_key=f"{_KEY}:enriched:v1:0123456789ab",
        channel_id=_REF.channel_id,
        text=LONG,
        telegram_post_url="https://t.me/c/1234567890/7",
        posted_at=MOMENT,
        tags=("трамвай",),
        enrichment_data={"kind": "enrichment", "urls": []},
        word_count=18,
        original_word_count=18,
        policy_applied="v1",
    ),
    "posts_indexed": PostIndexed(
        **_POST,
        idempotency_key=f"{_KEY}:indexed:v1:0123456789ab",
        channel_id=_REF.channel_id,
        vector_id=str(_REF.post_id),
        indexed_at=MOMENT,
        embedding_provider="hashing",
        embedding_dim=512,
        qdrant_collection=f"t{_REF.tenant_id}_posts",
        neo4j_nodes_created=3,
        neo4j_relationships_created=2,
        indexing_duration_ms=6,
        embedding_generation_ms=1,
        qdrant_indexing_ms=2,
        neo4j_indexing_ms=3,
    ),
    "album_assembled": AlbumAssembled(
        trace_id=an_album_ref().trace_id,
        occurred_at=MOMENT,
        idempotency_key="album:assembled",
        channel_id=_REF.channel_id,
        tenant_id=_REF.tenant_id,
        album_id=42,
        grouped_id=555,
        items_count=3,
        items_analyzed=2,
        album_kind="photo",
        vision_summary="фото реки | фото моста",
        vision_labels=("река", "мост"),
        vision_ocr_text="Причал № 3",
        vision_tags=("photo",),
        has_text=True,
        s3_key="album/t/42_vision_summary_v1.json",
        posted_at=MOMENT,
        first_analyzed_at=MOMENT,
        last_analyzed_at=MOMENT + timedelta(seconds=2),
        assembly_completed_at=MOMENT + timedelta(seconds=3),
        assembly_lag_seconds=2.0,
        partial=True,
        missing=("message 3",),
    ),
    "posts_edited": PostEdited(
        **_POST,
        idempotency_key=f"{_KEY}:edited",
        channel_id=_REF.channel_id,
        tg_channel_id=_REF.tg_channel_id,
        telegram_message_id=_REF.message_id,
        text=LONG,
        urls=("https://example.org/a",),
        edited_at=MOMENT + timedelta(hours=1),
    ),
    "posts_deleted": PostDeleted(
        **_POST,
        idempotency_key=f"{_KEY}:deleted:v1",
        channel_id=_REF.channel_id,
        tg_channel_id=_REF.tg_channel_id,
        telegram_message_id=_REF.message_id,
        reason="user",
        deleted_at=MOMENT,
        qdrant_cleaned=True,
        neo4j_cleaned=True,
        postgres_cleaned=True,
        deletion_duration_ms=30,
        qdrant_deletion_ms=10,
        neo4j_deletion_ms=10,
        postgres_deletion_ms=10,
        related_vectors_deleted=1,
        related_nodes_deleted=4,
        orphan_tags_cleaned=2,
        objects_deleted=3,
    ),
}
