"""Looking at pictures: each file once per tenant and version, whoever asks first."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from temporalio import activity

from activities.timing import happened_at, milliseconds_since, timing
from contracts.announcements import VisionAnalysis, VisionAnalyzed, VisionSkipped
from contracts.asking import Asker
from contracts.commit import Finding, StageCommit
from contracts.errors import BusyError, RefusedError, RejectedError
from contracts.events import Event, MediaFile
from contracts.identity import digest
from contracts.material import Picture, PostMaterial
from contracts.outgoing import outgoing
from contracts.post import MediaRequest, MediaSeen, PostRef, VisionRequest
from contracts.stages import Outcome, Stage, StageRecord
from contracts.vision import PictureFacts
from domain.build import seen as vision_output
from domain.material import picture_words
from domain.policy import VisionPolicy

#: Longer than one attempt may take: a claim outlives its holder only when the holder died.
CLAIM: Final = timedelta(minutes=3)
#: Under this name the object of an answer says which version of looking it answers to.
_VERSION: Final = "vision_version"


class Vision(Protocol):
    """Looks at one picture."""

    @property
    def provider(self) -> str: ...

    @property
    def model(self) -> str: ...

    async def look(self, body: bytes, mime: str, asker: Asker) -> PictureFacts: ...


class Looks(Protocol):
    """Remembers what was seen."""

    async def recall(self, tenant_id: UUID, sha256: str, version: str) -> MediaSeen | None: ...

    async def claim(self, tenant_id: UUID, sha256: str, version: str, lasting: timedelta) -> bool: ...

    async def release(self, tenant_id: UUID, sha256: str, version: str) -> None: ...

    async def remember(
        self, tenant_id: UUID, seen: MediaSeen, version: str, facts: PictureFacts | None, key: str | None
    ) -> None: ...


class Objects(Protocol):
    """Keeps bytes under keys."""

    async def get(self, key: str) -> bytes: ...

    async def put(self, key: str, body: bytes, content_type: str) -> bool: ...


class Materials(Protocol):
    """Reads a post whole."""

    async def material(self, ref: PostRef, vision_version: str) -> PostMaterial: ...


class Records(Protocol):
    """Where stages leave what they did."""

    async def commit(self, *commits: StageCommit) -> None: ...


class VisionActivities:
    """Needs something that sees; knows no provider."""

    def __init__(
        self,
        vision: Vision,
        looks: Looks,
        objects: Objects,
        policy: VisionPolicy,
        posts: Materials,
        records: Records,
    ) -> None:
        self._vision, self._looks, self._objects, self._policy = vision, looks, objects, policy
        self._posts, self._records = posts, records

    @activity.defn
    async def analyze_media(self, request: MediaRequest) -> MediaSeen:
        """Return what is known of one file; looks at it only if nobody of the tenant has with this version.

        An answer is kept as an object before it is remembered: a crash or an outage in between costs no second look.

        Raises:
            BusyError: somebody is looking right now; retried shortly, then their result is read.
        """
        tenant, media, version = request.tenant_id, request.media, request.vision_version
        if known := await self._looks.recall(tenant, media.sha256, version):
            return known
        if reason := self._policy.refusal(media):
            return await self._skip(request, reason)
        if not await self._looks.claim(tenant, media.sha256, version, CLAIM):
            raise BusyError(f"picture {media.sha256[:12]} is being looked at")
        async with self._released_on_failure(request):
            return await self._look(request)

    @asynccontextmanager
    async def _released_on_failure(self, request: MediaRequest) -> AsyncIterator[None]:
        try:
            yield
        except BaseException:  # also a shutdown: whoever looks next need not wait for the claim to end
            await self._looks.release(request.tenant_id, request.media.sha256, request.vision_version)
            raise

    async def _look(self, request: MediaRequest) -> MediaSeen:
        by = f"{self._vision.provider}_{self._vision.model}"
        key = f"vision/{request.tenant_id}/{request.media.sha256}_{by}_v1.0.json"
        facts = await self._answered_before(request, key)
        if facts is None:
            try:
                facts = await self._ask(request)
            except RefusedError as refused:
                return await self._skip(request, refused.reason)
            await self._objects.put(key, _written(facts, request.vision_version), "application/json")
        features = digest(json.dumps(facts.features(), sort_keys=True))
        seen = MediaSeen(sha256=request.media.sha256, features_hash=features)
        await self._looks.remember(request.tenant_id, seen, request.vision_version, facts, key)
        return seen

    async def _answered_before(self, request: MediaRequest, key: str) -> PictureFacts | None:
        """Return an answer that was kept as an object and never remembered: what is paid for is not asked again."""
        try:
            kept = json.loads(await self._objects.get(key))
            return PictureFacts.model_validate(kept) if kept[_VERSION] == request.vision_version else None
        except (RejectedError, ValueError, KeyError, TypeError):
            return None

    async def _ask(self, request: MediaRequest) -> PictureFacts:
        media, start = request.media, datetime.now(UTC)
        body = await self._objects.get(media.object_key or "")
        facts = await self._vision.look(body, media.mime, _asker(request))
        return facts.model_copy(update={"duration_ms": milliseconds_since(start)})

    async def _skip(self, request: MediaRequest, reason: str) -> MediaSeen:
        seen = MediaSeen(sha256=request.media.sha256, skipped=reason)
        await self._looks.remember(request.tenant_id, seen, request.vision_version, None, None)
        return seen

    @activity.defn
    async def settle_vision(self, request: VisionRequest) -> StageRecord:
        """Put together what was seen of a post's files; one event per post and version says it.

        Idempotent: record, finding and event are keyed by the post and the fingerprint.
        """
        material = await self._posts.material(request.ref, request.vision_version)
        seen = [picture for picture in material.pictures if picture.facts]
        record = _record(request, material, seen)
        event = _analyzed(request, material, seen) if seen else _skipped(request, material)
        finding = _finding(self._vision, seen) if seen else None
        commit = StageCommit(
            ref=request.ref, record=record, timing=timing(), finding=finding, events=(outgoing(event),),
            result={"pictures": len(seen), "skipped": [p.skipped for p in material.pictures if p.skipped]},
        )  # fmt: skip
        await self._records.commit(commit)
        return record


def _asker(request: MediaRequest) -> Asker:
    return Asker(
        tenant_id=request.tenant_id, stage=Stage.VISION, post_id=request.post_id, sha256=request.media.sha256,
        attempt=timing().attempts,
    )  # fmt: skip


def _written(facts: PictureFacts, version: str) -> bytes:
    """Return the object of an answer, with the version that it answers to."""
    return json.dumps(
        {**facts.model_dump(mode="json"), _VERSION: version}, ensure_ascii=False, indent=1
    ).encode()


def _record(request: VisionRequest, material: PostMaterial, seen: list[Picture]) -> StageRecord:
    features = digest(*(json.dumps(p.facts.features(), sort_keys=True) for p in seen if p.facts))
    return StageRecord(
        stage=Stage.VISION,
        fingerprint=request.fingerprint,
        outcome=Outcome.DONE if seen else Outcome.SKIPPED,
        reason=None if seen else next((p.skipped for p in material.pictures if p.skipped), "media_missing"),
        output=vision_output(features if seen else "", picture_words(material)),
    )


def _analyzed(request: VisionRequest, material: PostMaterial, seen: list[Picture]) -> Event:
    analyses = tuple(_analysis(p.facts) for p in seen if p.facts)
    features = digest(*(json.dumps(p.facts.features(), sort_keys=True) for p in seen if p.facts))
    return VisionAnalyzed(
        trace_id=request.ref.trace_id,
        occurred_at=happened_at(),
        idempotency_key=f"{_prefix(request)}:{seen[0].media.sha256}:{request.fingerprint[:12]}",
        tenant_id=request.ref.tenant_id,
        post_id=request.ref.post_id,
        media=_files(material),
        vision=analyses[0],
        results=analyses,
        vision_version=request.vision_version,
        features_hash=features,
        media_summary={"analyzed": len(seen), "files": len(material.pictures)},
        analysis_duration_ms=sum(p.facts.duration_ms for p in seen if p.facts),
    )


def _skipped(request: VisionRequest, material: PostMaterial) -> Event:
    ids = ",".join(p.media.sha256 for p in material.pictures)
    return VisionSkipped(
        trace_id=request.ref.trace_id,
        occurred_at=happened_at(),
        idempotency_key=f"{_prefix(request)}:vision_skipped:{digest(ids, request.fingerprint)[:16]}",
        tenant_id=request.ref.tenant_id,
        post_id=request.ref.post_id,
        reasons=tuple(
            {"media_id": p.media.sha256, "reason": p.skipped or "media_missing", "details": p.media.mime}
            for p in material.pictures
        ),
    )


def _prefix(request: VisionRequest) -> str:
    return f"{request.ref.tenant_id}:{request.ref.post_id}"


def _analysis(facts: PictureFacts) -> VisionAnalysis:
    return VisionAnalysis(
        provider=facts.provider,
        model=facts.model,
        classification={"type": facts.classification, "confidence": 1.0, "tags": list(facts.labels)},
        description=facts.description,
        ocr_text=facts.ocr.text if facts.ocr else None,
        is_meme=facts.is_meme,
        context=facts.context,
        tokens_used=facts.tokens_used,
        analyzed_at=facts.analyzed_at,
    )


def _files(material: PostMaterial) -> tuple[MediaFile, ...]:
    media = (p.media for p in material.pictures)
    return tuple(
        MediaFile(sha256=m.sha256, s3_key=m.object_key or "", mime_type=m.mime, size_bytes=m.size_bytes)
        for m in media
    )


def _finding(vision: Vision, seen: list[Picture]) -> Finding:
    first = seen[0].facts
    images = [{"sha256": p.media.sha256, "s3_key": p.media.object_key} for p in seen]
    data = {
        **(first.model_dump(mode="json") if first else {}),
        "s3_keys": {"image": seen[0].media.object_key},
        "s3_keys_list": images,
        "analysis_reason": "new",
        "results": [p.facts.model_dump(mode="json") for p in seen if p.facts],
    }
    return Finding(
        kind="vision", provider=vision.provider, data=data, params_hash=digest(vision.model, vision.provider)
    )
