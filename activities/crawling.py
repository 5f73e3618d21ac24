"""Reading the links of a post."""

from typing import Final, Protocol
from uuid import UUID

from pydantic import BaseModel
from temporalio import activity

from activities.reading import Reading, WebPage
from activities.timing import happened_at, timing
from contracts.announcements import PostCrawl
from contracts.commit import StageCommit
from contracts.errors import LinkFailedError, RefusedError
from contracts.material import Page, PostMaterial
from contracts.outgoing import outgoing
from contracts.post import CrawlPlan, PageRequest, PostRef, StageRequest
from contracts.stages import Outcome, Stage, StageRecord
from domain import build
from domain.links import page_key

#: So often a site is asked for a page; then the link stays unread.
TRIES: Final = 3


class Pages(Protocol):
    """Remembers pages."""

    async def has(self, tenant_id: UUID, key: str) -> bool: ...

    async def keep(self, tenant_id: UUID, key: str, page: Page) -> None: ...


class Objects(Protocol):
    """Keeps bytes under keys."""

    async def put(self, key: str, body: bytes, content_type: str) -> bool: ...


class Materials(Protocol):
    """Reads a post whole."""

    async def material(self, ref: PostRef, vision_version: str) -> PostMaterial: ...


class Records(Protocol):
    """Where stages leave what they did."""

    async def commit(self, *commits: StageCommit) -> None: ...


class LinkSkipped(BaseModel):
    """A link that stays unread, and why."""

    request: PageRequest
    reason: str


class CrawlActivities:
    """Needs something that reads pages; knows no crawler."""

    def __init__(
        self, reading: Reading, pages: Pages, objects: Objects, posts: Materials, records: Records
    ) -> None:
        self._reading, self._pages, self._objects, self._policy = reading, pages, objects, reading.policy
        self._posts, self._records = posts, records

    @activity.defn
    async def plan_crawl(self, request: StageRequest) -> CrawlPlan:
        """Return which links of the post are to be read, or why none; a crawl that is wanted is told of once.

        Idempotent: the event is keyed by post and fingerprint. One that waits keeps its record.
        """
        material = await self._posts.material(request.ref, "")
        trigger = self._policy.trigger(material.text, material.tags)
        links = material.urls[: self._policy.max_links_per_post]
        if trigger is None or not links:
            return CrawlPlan(skipped="no_trigger" if links else "no_links")
        known = material.records.get(Stage.CRAWL)
        if known and known.fingerprint == build.kept_open(request.fingerprint):
            return CrawlPlan(links=links)
        event = PostCrawl(
            trace_id=request.ref.trace_id, occurred_at=happened_at(), created_at=happened_at(),
            idempotency_key=f"{request.ref.post_id}:crawl:{request.fingerprint[:12]}", post_id=request.ref.post_id,
            tenant_id=request.ref.tenant_id, urls=links, tags=material.tags, trigger_reason=trigger,
            text=material.text,
            metadata={"tenant_id": str(request.ref.tenant_id), "channel_id": str(request.ref.channel_id)},
        )  # fmt: skip
        running = StageRecord(
            stage=Stage.CRAWL, fingerprint="", outcome=Outcome.SKIPPED, reason="in_progress"
        )
        await self._records.commit(
            StageCommit(ref=request.ref, record=running, timing=timing(), events=(outgoing(event),))
        )
        return CrawlPlan(links=links)

    @activity.defn
    async def fetch_page(self, request: PageRequest) -> bool:
        """Read one link and keep the page; False when it was refused (kept too, with its reason).

        Idempotent by (tenant, link, policy version): a page that was read recently is not read again.

        Raises:
            LinkFailedError: the site did not answer; final the third time.
            BudgetExhaustedError: no more pages may be read until a moment that it names; BrakedError: likewise, while
                the reader's provider is left alone. Nothing is kept of the page: it waits.
            UnavailableError: what reads pages, or keeps them, did not manage, which says nothing of this one.
        """
        key = page_key(request.url, request.crawl_version)
        if await self._pages.has(request.ref.tenant_id, key):
            return True
        try:
            page = await self._reading.read(request.ref.tenant_id, request.url)
        except RefusedError as refused:
            await self._pages.keep(request.ref.tenant_id, key, Page(url=request.url, skipped=refused.reason))
            return False
        except LinkFailedError as failed:
            raise _counted(failed) from failed.__cause__
        await self._pages.keep(request.ref.tenant_id, key, await self._stored(request, key, page))
        return True

    @activity.defn
    async def skip_page(self, skipped: LinkSkipped) -> None:
        """Remember that a link stays unread after its tries were spent. Idempotent."""
        request = skipped.request
        key = page_key(request.url, request.crawl_version)
        await self._pages.keep(request.ref.tenant_id, key, Page(url=request.url, skipped=skipped.reason))

    async def _stored(self, request: PageRequest, key: str, page: WebPage) -> Page:
        base = f"crawl/{request.ref.tenant_id}/{request.ref.post_id}/{key}"
        await self._objects.put(f"{base}.html", page.html, "text/html")
        await self._objects.put(f"{base}.md", page.markdown.encode(), "text/markdown")
        return Page(
            url=request.url, final_url=page.final_url, title=page.title, excerpt=page.text_excerpt,
            word_count=page.word_count, content_sha256=page.content_sha256, html_key=f"{base}.html",
            md_key=f"{base}.md", latency_ms=page.latency_ms,
        )  # fmt: skip


def _counted(failed: LinkFailedError) -> LinkFailedError:
    """Return a site's failure, final when it was the last of its tries.

    What an earlier attempt said with its heartbeat comes back with the next: attempts that failed for our sake are not
    the site's.
    """
    tries = 1 + sum(activity.info().heartbeat_details)
    activity.heartbeat(tries)
    failed.retryable = tries < TRIES
    return failed
