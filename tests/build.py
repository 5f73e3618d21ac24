"""Builders: each returns a valid thing; a test names only what it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts import identity
from contracts.album import AlbumInput, AlbumItemMaterial, AlbumMaterial, AlbumRef
from contracts.asking import Asker
from contracts.changes import PostEdited
from contracts.channel_photo import ChannelPhotoInput, ChannelPhotoRef
from contracts.commit import StageCommit
from contracts.embedding import EmbedderIdentity
from contracts.events import AlbumParsed, PostParsed
from contracts.material import PostMaterial
from contracts.post import MediaRef, PostInput, PostRef, PostState, StageRequest, Versions
from contracts.stages import Outcome, Stage, StageRecord, StageTiming
from contracts.vision import Ocr, PictureFacts
from domain.policy import Policies
from domain.standards import Standards
from domain.text import content_hash

TENANT = identity.tenant_id("tests")
CHANNEL = -1001234567890
MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
SHORT = "Короткая подпись."
LONG = (
    "Городской трамвай снова ходит по набережной: маршрут продлили до речного вокзала, "
    "а новые вагоны выйдут на линию уже весной."
)
VERSIONS = Versions(vision="v1", tags="t1", crawl="c1", enrich="e1", vectors="x1", graph="g1")
STANDARDS = Standards(VERSIONS, Policies())


def a_tenant() -> UUID:
    """A tenant that no other test has."""
    return uuid4()


def a_ref(message_id: int = 7, *, tenant: UUID = TENANT, grouped_id: int | None = None) -> PostRef:
    return PostRef(
        tenant_id=tenant,
        channel_id=identity.channel_id(tenant, CHANNEL),
        tg_channel_id=CHANNEL,
        message_id=message_id,
        post_id=identity.post_id(tenant, CHANNEL, message_id),
        trace_id=identity.trace_id(tenant, CHANNEL, message_id),
        grouped_id=grouped_id,
    )


def an_event(ref: PostRef | None = None, **values: Any) -> PostParsed:
    """A posts.parsed of ``ref``."""
    ref = ref or a_ref()
    return PostParsed.model_validate(
        {
            "trace_id": ref.trace_id,
            "occurred_at": MOMENT,
            "tenant_id": ref.tenant_id,
            "channel_id": ref.channel_id,
            "post_id": ref.post_id,
            "tg_channel_id": ref.tg_channel_id,
            "telegram_message_id": ref.message_id,
            "grouped_id": ref.grouped_id,
            "text": LONG,
            "posted_at": MOMENT,
            **values,
        }
    )


def an_edit(ref: PostRef | None = None, **values: Any) -> PostEdited:
    """A posts.edited of ``ref``, an hour after it was posted."""
    ref = ref or a_ref()
    return PostEdited.model_validate(
        {
            "trace_id": ref.trace_id,
            "tenant_id": ref.tenant_id,
            "channel_id": ref.channel_id,
            "tg_channel_id": ref.tg_channel_id,
            "telegram_message_id": ref.message_id,
            "text": f"{LONG} Исправлено.",
            "edited_at": MOMENT + timedelta(hours=1),
            **values,
        }
    )


def a_post(ref: PostRef | None = None, *, park_seconds: float = 600.0, **values: Any) -> PostInput:
    """What a post's workflow starts with; it rests shortly between two tries."""
    ref = ref or a_ref()
    return PostInput(ref=ref, event=an_event(ref, **values), park_seconds=park_seconds, rest_seconds=0.1)


def an_asker(stage: Stage = Stage.TAGS, **values: Any) -> Asker:
    """Whoever has a provider asked; of a tenant of tests."""
    return Asker(tenant_id=values.pop("tenant_id", TENANT), stage=stage, **values)


def a_file(name: str = "a", **values: Any) -> MediaRef:
    """A picture whose bytes are ``name``."""
    sha256 = identity.digest(name)
    known = {"sha256": sha256, "object_key": f"media/{sha256}.png", "mime": "image/png", "size_bytes": 10}
    return MediaRef.model_validate({**known, **values})


def some_facts(words: str = "", **values: Any) -> PictureFacts:
    """What a look gave: words of a sign, or nothing but measurements."""
    known = {
        "provider": "fake",
        "model": "eyes",
        "analyzed_at": MOMENT,
        "classification": "photo",
        "description": f"фото: {words}" if words else "фото 640 на 480",
        "labels": ("фото",),
        "ocr": Ocr(text=words, engine="fake") if words else None,
        "measured_only": not words,
    }
    return PictureFacts.model_validate({**known, **values})


def an_embedder(size: int = 4, **values: Any) -> EmbedderIdentity:
    """The local embedder of that size."""
    known = {"provider": "local", "model": f"hashing-{size}", "version": "1", "size": size}
    return EmbedderIdentity.model_validate({**known, **values})


def a_record(stage: Stage, fingerprint: str = "f", **values: Any) -> StageRecord:
    known = {"stage": stage, "fingerprint": fingerprint, "outcome": Outcome.DONE, "output": f"out-{stage}"}
    return StageRecord.model_validate({**known, **values})


def a_state(**values: Any) -> PostState:
    """A post with a text and nothing else, of which no stage ran."""
    known = {
        "ref": a_ref(),
        "content_hash": content_hash(LONG),
        "text_length": len(LONG),
        "versions": VERSIONS,
    }
    return PostState.model_validate({**known, **values})


def a_material(**values: Any) -> PostMaterial:
    text = values.get("text", LONG)
    known = {
        "ref": a_ref(), "text": text, "content_hash": content_hash(text), "urls": (), "posted_at": MOMENT,
        "link": "https://t.me/c/1234567890/7", "channel_title": "Город", "source": "channel",
    }  # fmt: skip
    return PostMaterial.model_validate({**known, **values})


def a_request(stage: Stage, ref: PostRef | None = None, **values: Any) -> StageRequest:
    return StageRequest.model_validate({"ref": ref or a_ref(), "stage": stage, "fingerprint": "f1", **values})


def a_timing(attempts: int = 1) -> StageTiming:
    return StageTiming(scheduled_at=MOMENT, started_at=MOMENT, attempts=attempts)


def a_commit(ref: PostRef, stage: Stage = Stage.TAGS, **values: Any) -> StageCommit:
    known = {"ref": ref, "record": a_record(stage), "timing": a_timing()}
    return StageCommit.model_validate({**known, **values})


def an_album_ref(grouped_id: int = 555, *, tenant: UUID = TENANT) -> AlbumRef:
    return AlbumRef(
        tenant_id=tenant,
        channel_id=identity.channel_id(tenant, CHANNEL),
        tg_channel_id=CHANNEL,
        grouped_id=grouped_id,
        trace_id=identity.trace_id(tenant, grouped_id),
    )


def an_album_event(
    ref: AlbumRef | None = None, posts: tuple[PostRef, ...] = (), **values: Any
) -> AlbumParsed:
    """An albums.parsed of ``ref`` that announces ``posts``."""
    ref = ref or an_album_ref()
    return AlbumParsed.model_validate(
        {
            "trace_id": ref.trace_id,
            "occurred_at": MOMENT,
            "tenant_id": ref.tenant_id,
            "channel_id": ref.channel_id,
            "grouped_id": ref.grouped_id,
            "album_id": 42,
            "items_count": len(posts),
            "post_ids": tuple(post.post_id for post in posts),
            "posted_at": MOMENT,
            "tg_channel_id": ref.tg_channel_id,
            **values,
        }
    )


def an_album(ref: AlbumRef, posts: tuple[PostRef, ...], **values: Any) -> AlbumInput:
    """What an album's workflow starts with; it looks again quickly."""
    known: dict[str, Any] = {
        "deadline_seconds": 30.0,
        "look_again_seconds": 0.2,
        "rest_seconds": 0.1,
        **values,
    }
    return AlbumInput(ref=ref, event=an_album_event(ref, posts), **known)


def an_item(number: int = 1, facts: PictureFacts | None = None, **values: Any) -> AlbumItemMaterial:
    known = {
        "post": a_ref(number), "position": number, "text": "", "posted_at": MOMENT, "mime": "image/png",
        "sha256": identity.digest(number), "facts": facts,
    }  # fmt: skip
    return AlbumItemMaterial.model_validate({**known, **values})


def album_material(*items: AlbumItemMaterial, **values: Any) -> AlbumMaterial:
    known = {"ref": an_album_ref(), "album_id": 1, "announced_id": 42, "expected": len(items), "items": items}
    return AlbumMaterial.model_validate({**known, **values})


def a_channel_photo_ref(message_id: int = 2, *, tenant: UUID = TENANT) -> ChannelPhotoRef:
    return ChannelPhotoRef(
        tenant_id=tenant,
        channel_id=identity.channel_id(tenant, CHANNEL),
        tg_channel_id=CHANNEL,
        message_id=message_id,
        photo_id=identity.channel_photo_id(tenant, CHANNEL, message_id),
        trace_id=identity.trace_id(tenant, "photo", message_id),
    )


def a_channel_photo(ref: ChannelPhotoRef | None = None, **values: Any) -> ChannelPhotoInput:
    """What the workflow of a channel's picture starts with."""
    known = {
        "channel_title": "Город",
        "posted_at": MOMENT,
        "park_seconds": 600.0,
        "rest_seconds": 0.1,
        **values,
    }
    return ChannelPhotoInput.model_validate({"ref": ref or a_channel_photo_ref(), **known})
