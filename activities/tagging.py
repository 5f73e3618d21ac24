"""Tagging: a few key phrases of the post's own words, its pictures' and its album's."""

from datetime import UTC, datetime
from typing import Any, Final, Literal, Protocol

from temporalio import activity

from activities.flagging import Count, as_metadata, tagging_flags, tell
from activities.timing import asker, happened_at, milliseconds_since, timing
from contracts.announcements import PostTagged
from contracts.asking import Asker, TagAnswer
from contracts.commit import Finding, StageCommit
from contracts.errors import RefusedError
from contracts.identity import digest
from contracts.material import PostMaterial
from contracts.outgoing import Outgoing, outgoing
from contracts.post import PostRef, StageRequest
from contracts.stages import Outcome, Stage, StageRecord
from domain import tags as rules
from domain.material import album_words, picture_words, tagged_text
from domain.standards import Standards
from domain.text import tags_hash

Trigger = Literal["initial", "vision_retag", "manual"]
#: How many of those who asked for a post's tags are remembered; more campaigns never run over a post side by side.
REMEMBERED: Final = 32


class Tagger(Protocol):
    """Proposes tags, best first; ``provider`` and ``model`` are those of tags that nobody had to propose."""

    @property
    def provider(self) -> str: ...

    @property
    def model(self) -> str: ...

    async def tags_for(self, text: str, asker: Asker) -> TagAnswer: ...


class Materials(Protocol):
    """Reads a post whole."""

    async def material(self, ref: PostRef, vision_version: str) -> PostMaterial: ...


class Records(Protocol):
    """Where stages leave what they did."""

    async def commit(self, *commits: StageCommit) -> None: ...


class TagActivities:
    """Needs a tagger; knows no provider."""

    def __init__(
        self, tagger: Tagger, posts: Materials, records: Records, standards: Standards, count_flag: Count
    ) -> None:
        self._tagger, self._posts, self._records, self._standards = tagger, posts, records, standards
        self._count_flag = count_flag

    @activity.defn
    async def tag_post(self, request: StageRequest) -> StageRecord:
        """Tag the post: at most five tags, each found in its text; none, with the reason, where there is too little.

        Idempotent by fingerprint: what was committed before the answer was lost is returned, not done again. Who
        forces the tags (``forced_by``) is remembered with them: asked again by the same one, they are what is known.

        Raises:
            RateLimitedError: the provider asked us to wait; retried after that wait.
        """
        start = datetime.now(UTC)
        material = await self._posts.material(request.ref, self._standards.common.vision)
        if request.forced_by in _forced_by(material):
            request = request.model_copy(update={"forced_by": ""})
        known = material.records.get(Stage.TAGS)
        if known and known.fingerprint == request.fingerprint and not request.forced_by:
            return known
        answer, reason = await self._ask(request, material)
        record = _record(request, answer.tags, reason)
        event = self._event(request, material, record, answer, milliseconds_since(start))
        found = tagging_flags(material)
        await self._records.commit(_commit(request, material, record, event, as_metadata(found)))
        tell(found, request.ref, self._count_flag, known=material.tags_data.get("metadata"))
        return record

    async def _ask(self, request: StageRequest, material: PostMaterial) -> tuple[TagAnswer, str | None]:
        """Return clean tags and who proposed them; without any, why nobody was asked or would answer."""
        text = tagged_text(material)
        none = TagAnswer(tags=(), provider=self._tagger.provider, model=self._tagger.model)
        if reason := rules.refusal(text, has_picture=bool(material.pictures)):
            return none, reason
        ref = request.ref
        try:
            answer = await self._tagger.tags_for(text, asker(Stage.TAGS, ref.tenant_id, ref.post_id))
        except RefusedError as refused:
            return none, refused.reason
        tags = rules.clean(answer.tags, text, self._standards.vocabulary(ref.tenant_id))
        return answer.model_copy(update={"tags": tags}), None

    def _event(
        self,
        request: StageRequest,
        material: PostMaterial,
        record: StageRecord,
        answer: TagAnswer,
        took_ms: int,
    ) -> PostTagged:
        ref, first = request.ref, not material.tags_data
        trigger, version = _trigger(request, material), _version(request, material)
        suffix = "" if first else f":{trigger}:{version}"
        metadata = {"model": answer.model, "retagged": not first}
        return PostTagged(
            trace_id=ref.trace_id, occurred_at=happened_at(), idempotency_key=f"{ref.post_id}:tagged:v1{suffix}",
            post_id=ref.post_id, tenant_id=ref.tenant_id, channel_id=ref.channel_id, tags=answer.tags,
            tags_hash=record.output, provider=answer.provider, latency_ms=took_ms, trigger=trigger,
            metadata={**metadata, **({"reason": record.reason} if record.reason else {})}, urls=material.urls,
            vision_version=self._standards.common.vision if material.pictures else None,
        )  # fmt: skip


def _commit(
    request: StageRequest,
    material: PostMaterial,
    record: StageRecord,
    event: PostTagged,
    flagged: dict[str, Any],
) -> StageCommit:
    told: dict[str, Any] = {"tags": list(event.tags), "trigger": event.trigger, "provider": event.provider}
    data = {
        **told, "tags_hash": record.output, "latency_ms": event.latency_ms,
        "tenant_id": str(request.ref.tenant_id), "trace_id": request.ref.trace_id,
        "content_hash": material.content_hash, "words_hash": _words_hash(material),
        "metadata": {**event.metadata, **flagged}, **_remembered(request, material),
    }  # fmt: skip
    return StageCommit(
        ref=request.ref, record=record, timing=timing(), status="tagged", result=told,
        finding=Finding(kind="tags", provider=event.provider, data=data),
        events=_worth_telling(event, material),
    )  # fmt: skip


def _record(request: StageRequest, tags: tuple[str, ...], reason: str | None) -> StageRecord:
    return StageRecord(
        stage=Stage.TAGS,
        fingerprint=request.fingerprint,
        outcome=Outcome.DONE if tags else Outcome.SKIPPED,
        reason=None if tags else reason or "no_key_phrase",
        output=tags_hash(tags),
    )


def _forced_by(material: PostMaterial) -> tuple[str, ...]:
    """Return who has forced the post's tags so far, the last one first."""
    data = material.tags_data
    return tuple(id for id in (data.get("forced_by"), *data.get("forced_before", ())) if id)


def _remembered(request: StageRequest, material: PostMaterial) -> dict[str, Any]:
    """Return what is kept of who forced the tags; nothing when nobody did, so that the ones before stay known."""
    if not request.forced_by:
        return {}
    before = _forced_by(material)[: REMEMBERED - 1]
    return {"forced_by": request.forced_by, "forced_before": list(before)}


def _version(request: StageRequest, material: PostMaterial) -> str:
    """Return what is different in the event key of each version of the tags: who forced them, or what they read."""
    if request.forced_by:
        return digest(request.forced_by)[:12]
    return material.version(Stage.TAGS, request.fingerprint)


def _trigger(request: StageRequest, material: PostMaterial) -> Trigger:
    if request.forced_by:
        return "manual"
    before = material.tags_data
    same_text = before.get("content_hash") == material.content_hash
    other_words = before.get("words_hash") != _words_hash(material)
    return "vision_retag" if before and same_text and other_words else "initial"


def _words_hash(material: PostMaterial) -> str:
    """What the pictures and the album say: when only that is new, the tags are a re-tag."""
    return digest(picture_words(material), album_words(material))


def _worth_telling(event: PostTagged, material: PostMaterial) -> tuple[Outgoing, ...]:
    """The first tags, changed tags, and whatever an operator asked for; unchanged tags are no news."""
    changed = material.tags_data.get("tags_hash") != event.tags_hash
    return (outgoing(event),) if changed or event.trigger == "manual" else ()
