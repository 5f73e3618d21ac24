"""What was seen of a post's files, as it is stored and told: the stage's record, its finding and its event."""

import json
from collections.abc import Sequence
from typing import Any

from activities.timing import happened_at, timing
from contracts.announcements import VisionAnalysis, VisionAnalyzed, VisionSkipped
from contracts.commit import Finding, StageCommit
from contracts.events import Event, MediaFile
from contracts.identity import digest
from contracts.outgoing import outgoing
from contracts.post import VisionRequest
from contracts.stages import Outcome, Stage, StageRecord
from contracts.vision import PictureFacts
from domain.build import seen as vision_output
from domain.material import words_of_pictures
from domain.views import View


def commit_of(request: VisionRequest, views: Sequence[View]) -> StageCommit:
    """Return what the vision stage leaves behind; ``files`` of the result say what later stages read of each."""
    seen = [one for one in views if one.facts]
    event = _analyzed(request, views, seen) if seen else _skipped(request, views)
    return StageCommit(
        ref=request.ref, record=_record(request, views, seen), timing=timing(), events=(outgoing(event),),
        finding=_finding(seen) if seen else None,
        result={
            "pictures": len(seen), "skipped": [one.reason for one in views if one.how == "skip"],
            "files": {one.media.sha256: one.record() for one in views},
        },
    )  # fmt: skip


def _record(request: VisionRequest, views: Sequence[View], seen: Sequence[View]) -> StageRecord:
    """The reason is that of the first file that was not analysed: of all of them, or among those that were seen."""
    reason = next((one.reason for one in seen or views if one.reason), None)
    return StageRecord(
        stage=Stage.VISION,
        fingerprint=request.fingerprint,
        outcome=Outcome.DONE if seen else Outcome.SKIPPED,
        reason=reason if seen else reason or "media_missing",
        output=vision_output(
            _features(seen) if seen else "", words_of_pictures(one.picture for one in views)
        ),
    )


def _features(seen: Sequence[View]) -> str:
    return digest(*(json.dumps(facts.features(), sort_keys=True) for facts in _facts(seen)))


def _facts(seen: Sequence[View]) -> list[PictureFacts]:
    return [one.facts for one in seen if one.facts]


def _analyzed(request: VisionRequest, views: Sequence[View], seen: Sequence[View]) -> Event:
    analyses = tuple(map(_analysis, _facts(seen)))
    told = [one for one in views if one.reason]
    reasons = {"reasons": [_reason(one) for one in told]} if told else {}
    return VisionAnalyzed(
        trace_id=request.ref.trace_id,
        occurred_at=happened_at(),
        idempotency_key=f"{_prefix(request)}:{seen[0].media.sha256}:{request.version}",
        tenant_id=request.ref.tenant_id,
        post_id=request.ref.post_id,
        media=_files(views),
        vision=analyses[0],
        results=analyses,
        vision_version=request.vision_version,
        features_hash=_features(seen),
        media_summary={"analyzed": len(seen), "files": len(views), **reasons},
        analysis_duration_ms=sum(facts.duration_ms for facts in _facts(seen)),
    )


def _skipped(request: VisionRequest, views: Sequence[View]) -> Event:
    ids = ",".join(one.media.sha256 for one in views)
    about = (ids, request.fingerprint, *filter(None, [request.runs]))
    return VisionSkipped(
        trace_id=request.ref.trace_id,
        occurred_at=happened_at(),
        idempotency_key=f"{_prefix(request)}:vision_skipped:{digest(*about)[:16]}",
        tenant_id=request.ref.tenant_id,
        post_id=request.ref.post_id,
        reasons=tuple(map(_reason, views)),
    )


def _reason(one: View) -> dict[str, str]:
    return {
        "media_id": one.media.sha256,
        "reason": one.reason or "media_missing",
        "details": one.media.mime,
    }


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


def _files(views: Sequence[View]) -> tuple[MediaFile, ...]:
    media = (one.media for one in views)
    return tuple(
        MediaFile(sha256=m.sha256, s3_key=m.object_key or "", mime_type=m.mime, size_bytes=m.size_bytes)
        for m in media
    )


def _finding(seen: Sequence[View]) -> Finding:
    """The first picture's facts, as consumers of the table read them, and all of them beside."""
    facts = _facts(seen)
    first, images = facts[0], [{"sha256": v.media.sha256, "s3_key": v.media.object_key} for v in seen]
    data: dict[str, Any] = {
        **first.model_dump(mode="json"),
        "s3_keys": {"image": seen[0].media.object_key},
        "s3_keys_list": images,
        "analysis_reason": seen[0].reason or "new",
        "results": [each.model_dump(mode="json") for each in facts],
    }
    return Finding(
        kind="vision", provider=first.provider, data=data, params_hash=digest(first.model, first.provider)
    )
