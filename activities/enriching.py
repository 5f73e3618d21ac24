"""Enrichment: everything that is known of a post's content, put together in one version of it."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from temporalio import activity

from activities.flagging import Count, as_metadata, page_flags, tell
from activities.timing import happened_at, timing
from contracts.announcements import PostEnriched
from contracts.commit import Finding, StageCommit
from contracts.identity import digest
from contracts.material import Page, PostMaterial
from contracts.outgoing import outgoing
from contracts.post import Enriched, EnrichRequest, PostRef, PostState
from contracts.stages import Outcome, Stage, StageRecord
from domain import build
from domain.material import album_text, embedded_text, original_word_count, payload, picture_words


class Materials(Protocol):
    """Reads a post whole."""

    async def material(self, ref: PostRef, vision_version: str) -> PostMaterial: ...


class Records(Protocol):
    """Where stages leave what they did."""

    async def commit(self, *commits: StageCommit) -> None: ...


class EnrichActivities:
    """Joins what vision, tags and crawl found; calls nobody."""

    def __init__(
        self, posts: Materials, records: Records, policy_version: str, reader: str, count_flag: Count
    ) -> None:
        """``reader`` is the name of what reads pages under this version of the policy."""
        self._posts, self._records, self._policy_version = posts, records, policy_version
        self._reader, self._count_flag = reader, count_flag

    @activity.defn
    async def enrich_post(self, request: EnrichRequest) -> Enriched:
        """Settle the crawl stage and put everything together; exactly one posts.enriched per content version.

        Skipped (``nothing_to_index``) when neither the post nor anything around it says a word. A crawl that is kept
        open counts with the pages that are there, and stays stale; the pages that come later are another version.
        Idempotent: record, finding and event are keyed by the post and the fingerprint.
        """
        state = request.state
        material = await self._posts.material(state.ref, state.versions.vision)
        if request.crawl_skipped:  # pages that another post read are none of this one
            material = material.model_copy(update={"pages": ()})
        commits: list[StageCommit] = []
        records: list[StageRecord] = []
        if build.is_stale(state, Stage.CRAWL):
            crawl = self._crawl_commit(request, material)
            known = _known_crawl(crawl.record, material)
            commits += [] if known else [crawl]
            records.append(known or crawl.record)
            state = state.with_record(crawl.record)
        enriched = _known(state, material)
        if enriched is None:
            commits.append(self._enrich_commit(state, material))
            enriched = commits[-1].record
        if commits:
            await self._records.commit(*commits)
        if any(commit.record.stage is Stage.CRAWL for commit in commits):
            tell(page_flags(material), state.ref, self._count_flag)
        return Enriched(records=(*records, enriched))

    def _crawl_commit(self, request: EnrichRequest, material: PostMaterial) -> StageCommit:
        pages = material.pages
        output = digest(*((p.content_sha256, p.skipped) for p in pages))
        record = _crawl_left_open(request, output) or _crawl_settled(request, pages, output)
        result = {"links": [{"url": p.url, "skipped": p.skipped, "words": p.word_count} for p in pages]}
        data = _crawl_data(material)
        finding = Finding(kind="crawl", provider=self._reader, data=data) if data else None
        return StageCommit(
            ref=request.state.ref, record=record, timing=timing(), result=result, finding=finding
        )

    def _enrich_commit(self, state: PostState, material: PostMaterial) -> StageCommit:
        text = embedded_text(material)
        record = StageRecord(
            stage=Stage.ENRICH,
            fingerprint=build.fingerprint(state, Stage.ENRICH),
            outcome=Outcome.DONE if text else Outcome.SKIPPED,
            reason=None if text else "nothing_to_index",
            output=digest(text, payload(material), [page.url for page in material.pages]),
        )
        event = self._event(material, record)
        return StageCommit(
            ref=state.ref, record=record, timing=timing(), status="enriched",
            result={"pages": len(_read(material.pages)), "words": len(text.split())},
            finding=Finding(kind="general", provider="postloom", data=event.enrichment_data),
            events=(outgoing(event),),
        )  # fmt: skip

    def _event(self, material: PostMaterial, record: StageRecord) -> PostEnriched:
        ref, read = material.ref, _read(material.pages)
        return PostEnriched(
            trace_id=ref.trace_id, occurred_at=happened_at(),
            idempotency_key=f"{ref.post_id}:enriched:v1:{material.version(Stage.ENRICH, record.fingerprint)}",
            post_id=ref.post_id, tenant_id=ref.tenant_id, channel_id=ref.channel_id, text=material.text,
            telegram_post_url=material.link, posted_at=material.posted_at, tags=material.tags,
            enrichment_data=_data(material), source_urls=tuple(page.final_url or page.url for page in read),
            word_count=original_word_count(material) + sum(page.word_count for page in read),
            original_word_count=original_word_count(material), skipped=record.outcome is Outcome.SKIPPED,
            skip_reason=record.reason, crawl_success=bool(read) if material.pages else None,
            crawl_duration_ms=sum(page.latency_ms or 0 for page in read) if read else None,
            policy_applied=self._policy_version,
        )  # fmt: skip


def _known(state: PostState, material: PostMaterial) -> StageRecord | None:
    """What was committed before the answer was lost is not told under another key."""
    known = material.records.get(Stage.ENRICH)
    return known if known and known.fingerprint == build.fingerprint(state, Stage.ENRICH) else None


def _known_crawl(record: StageRecord, material: PostMaterial) -> StageRecord | None:
    """What the archive knows already is not written again: pages that wait are looked for again and again."""
    known = material.records.get(Stage.CRAWL)
    return known if known and known.model_copy(update={"runs": record.runs}) == record else None


def _read(pages: Iterable[Page]) -> list[Page]:
    return [page for page in pages if not page.skipped]


def _data(material: PostMaterial) -> dict[str, Any]:
    return {
        "kind": "enrichment",
        "source": "postloom",
        "version": "v1",
        "tags": list(material.tags),
        "entities": [],
        "urls": list(material.urls),
        "reason": None,
        "vision_text": picture_words(material),
        "album_text": album_text(material),
        "crawl_results": [page.model_dump(mode="json", exclude={"excerpt"}) for page in material.pages],
        "total_word_count": sum(page.word_count for page in material.pages),
        "metadata": {},
    }


def _crawl_settled(request: EnrichRequest, pages: Sequence[Page], output: str) -> StageRecord:
    read = _read(pages)
    why = request.crawl_skipped or next((p.skipped for p in pages if p.skipped), "no_links")
    return StageRecord(
        stage=Stage.CRAWL,
        fingerprint=build.fingerprint(request.state, Stage.CRAWL),
        outcome=Outcome.DONE if read else Outcome.SKIPPED,
        reason=None if read else why,
        output=output,
    )


def _crawl_left_open(request: EnrichRequest, output: str) -> StageRecord | None:
    """What stands until the pages that wait are read: it counts with those that are there, and is stale."""
    if request.crawl_open is None:
        return None
    fingerprint = build.kept_open(build.fingerprint(request.state, Stage.CRAWL))
    return StageRecord(
        stage=Stage.CRAWL,
        fingerprint=fingerprint,
        outcome=Outcome.SKIPPED,
        reason=request.crawl_open,
        output=output,
    )


def _crawl_data(material: PostMaterial) -> dict[str, Any]:
    """What was read; nothing where no page was."""
    read = _read(material.pages)
    if not read:
        return {}
    first = read[0]
    return {
        "url": first.final_url or first.url,
        "md_excerpt": (first.excerpt or "")[:2000],
        "content_sha256": first.content_sha256,
        "s3_keys": {p.url: {"html": p.html_key, "md": p.md_key} for p in read},
        "urls": [
            {"url": p.url, "word_count": p.word_count, "content_sha256": p.content_sha256} for p in read
        ],
        "word_count": sum(p.word_count for p in read),
        "latency_ms": sum(p.latency_ms or 0 for p in read),
        "source": "postloom",
        "metadata": as_metadata(page_flags(material)),
    }
