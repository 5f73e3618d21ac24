"""Bringing a post up to date: every stale stage, in the order of what depends on what."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.announcing import BridgeActivities
    from activities.crawling import CrawlActivities, LinkSkipped
    from activities.enriching import EnrichActivities
    from activities.indexing import IndexActivities
    from activities.saving import SavingActivities
    from activities.seeing import VisionActivities
    from activities.tagging import TagActivities
    from contracts.events import PostParsed
    from contracts.post import (
        CrawlPlan,
        EnrichRequest,
        MediaRef,
        MediaRequest,
        PageRequest,
        PostInput,
        PostState,
        Problem,
        Retag,
        StageRequest,
        VisionRequest,
    )
    from contracts.stages import Outcome, Stage, StageRecord
    from domain import build
    from domain.tags import MIN_TEXT
    from workflows import attributes, policies
    from workflows.failures import problem_of


class Convergence:
    """The post as it stands, and the steps that bring it up to date. Lives in its workflow."""

    def __init__(self, post: PostInput) -> None:
        self._post = post
        self._state: PostState | None = None
        self._unannounced = False
        self.stage = Stage.PERSIST
        self.ran: list[Stage] = []
        self.skipped: frozenset[Stage] = frozenset()

    @property
    def state(self) -> PostState:
        """What is known of the post by now."""
        if self._state is None:
            raise ApplicationError("nothing is persisted yet", type="NotPersisted")
        return self._state

    async def converge(self, event: PostParsed | None, forced: Retag | None) -> tuple[Problem, ...]:
        """Run every stale stage; return what could not be done.

        Pictures never hold a post hostage; persist, tags, vectors and graph stop it where it stands.
        """
        problems: tuple[Problem, ...] = ()
        try:
            await self._persist(event)
            problems = await self._see()
            await self._tag(forced)
            plan = await self._read_links()
            await self._enrich(plan)
            return problems + await self._index()
        except ActivityError as error:
            return (*problems, problem_of(error, self.stage))

    async def _persist(self, event: PostParsed | None) -> None:
        self.stage = Stage.PERSIST
        post = PostInput(ref=self._post.ref, event=event)
        self._state = await workflow.execute_local_activity_method(
            SavingActivities.persist, post, **policies.RECORD
        )
        self._unannounced = self._unannounced or self._state.unsent > 0

    async def _see(self) -> tuple[Problem, ...]:
        """Look at the pictures; a text that can be tagged without them does not wait."""
        if not self._wants(Stage.VISION):
            return ()
        self._show(Stage.VISION)
        if (
            self.state.text_length >= MIN_TEXT
            and self._wants(Stage.TAGS)
            and Stage.TAGS not in self.state.records
        ):
            problem, _ = await asyncio.gather(self._look(), self._first_tags())
        else:
            problem = await self._look()
        return (problem,) if problem else ()

    async def _look(self) -> Problem | None:
        try:
            await asyncio.gather(*(self._look_at(media) for media in self.state.media))
        except ActivityError as error:
            return problem_of(error, Stage.VISION)
        request = VisionRequest(
            ref=self.state.ref,
            fingerprint=build.fingerprint(self.state, Stage.VISION),
            vision_version=self.state.versions.vision,
        )
        self._keep(
            await workflow.execute_local_activity_method(
                VisionActivities.settle_vision, request, **policies.RECORD
            )
        )
        return None

    async def _look_at(self, media: MediaRef) -> None:
        request = MediaRequest(
            tenant_id=self.state.ref.tenant_id, media=media, vision_version=self.state.versions.vision
        )
        policy = policies.named(policies.VISION, f"look at picture {media.sha256[:12]}")
        await workflow.execute_activity_method(VisionActivities.analyze_media, request, **policy)

    async def _first_tags(self) -> None:
        await self._tag_now(self._request(Stage.TAGS))
        await self._announce()

    async def _tag(self, forced: Retag | None) -> None:
        if forced or self._wants(Stage.TAGS):
            self.stage = Stage.TAGS
            await self._tag_now(self._request(Stage.TAGS, forced_by=forced.event_id if forced else ""))

    async def _tag_now(self, request: StageRequest) -> None:
        policy = policies.named(policies.TAGS, "tag")
        self._keep(await workflow.execute_activity_method(TagActivities.tag_post, request, **policy))

    async def _read_links(self) -> CrawlPlan:
        """Read the links that the policy wants read; return what was planned."""
        if not self._wants(Stage.CRAWL):
            return CrawlPlan()
        request = self._request(Stage.CRAWL)
        plan = await workflow.execute_local_activity_method(
            CrawlActivities.plan_crawl, request, **policies.RECORD
        )
        if plan.links:
            self._show(Stage.CRAWL)
            self._unannounced = True
            await self._announce()
            await asyncio.gather(*(self._read_link(link) for link in plan.links))
        return plan

    async def _read_link(self, url: str) -> None:
        """Read one link; a site that does not answer is somebody else's, and no failure of the post."""
        request = PageRequest(ref=self.state.ref, url=url, crawl_version=self.state.versions.crawl)
        policy = policies.named(policies.CRAWL, f"read {url[:150]}")
        try:
            await workflow.execute_activity_method(CrawlActivities.fetch_page, request, **policy)
        except ActivityError as error:
            reason = problem_of(error, Stage.CRAWL).detail or "unreachable"
            skipped = LinkSkipped(request=request, reason=reason)
            await workflow.execute_local_activity_method(
                CrawlActivities.skip_page, skipped, **policies.RECORD
            )

    async def _enrich(self, plan: CrawlPlan) -> None:
        if not (build.is_stale(self.state, Stage.ENRICH) or build.is_stale(self.state, Stage.CRAWL)):
            return
        self.stage = Stage.ENRICH
        request = EnrichRequest(state=self.state, crawl_skipped=plan.skipped)
        enriched = await workflow.execute_local_activity_method(
            EnrichActivities.enrich_post, request, **policies.RECORD
        )
        for record in enriched.records:
            self._keep(record)

    async def _index(self) -> tuple[Problem, ...]:
        """Vectors and graph side by side; the one that is up to date is not written again."""
        if not build.is_indexable(self.state):
            return await self._leave_out()
        stale = [stage for stage in (Stage.VECTORS, Stage.GRAPH) if self._wants(stage)]
        if stale:
            await self._announce()
        self.stage = Stage.VECTORS
        problems = [p for p in await asyncio.gather(*(self._index_in(stage) for stage in stale)) if p]
        if not problems and self._has_news():
            policy = policies.named(policies.ANNOUNCE, "announce indexed")
            await workflow.execute_activity_method(
                BridgeActivities.announce_indexed, self.state.ref, **policy
            )
            self._unannounced = False
        return tuple(problems)

    def _has_news(self) -> bool:
        return self._unannounced or not self.state.concluded

    async def _index_in(self, stage: Stage) -> Problem | None:
        method = IndexActivities.index_vectors if stage is Stage.VECTORS else IndexActivities.link_graph
        policy = policies.named(policies.STORE, str(stage))
        try:
            self._keep(await workflow.execute_activity_method(method, self._request(stage), **policy))
        except ActivityError as error:
            return problem_of(error, stage)
        return None

    async def _leave_out(self) -> tuple[Problem, ...]:
        if self._has_news():
            policy = policies.named(policies.ANNOUNCE, "announce skipped")
            await workflow.execute_activity_method(
                BridgeActivities.announce_skipped, self.state.ref, **policy
            )
            self._unannounced = False
        return ()

    async def _announce(self) -> None:
        """Tell what was committed and not yet told."""
        if self._unannounced:
            self._unannounced = False
            policy = policies.named(policies.ANNOUNCE, "announce")
            await workflow.execute_activity_method(
                BridgeActivities.announce, str(self.state.ref.post_id), **policy
            )

    def is_skipped(self) -> StageRecord | None:
        """Return why there is nothing to index, None when the post is indexed."""
        record = self.state.records.get(Stage.ENRICH)
        return record if record and record.outcome is Outcome.SKIPPED else None

    def _wants(self, stage: Stage) -> bool:
        return build.is_stale(self.state, stage) and stage not in self.skipped

    def _request(self, stage: Stage, forced_by: str = "") -> StageRequest:
        fingerprint = build.fingerprint(self.state, stage)
        return StageRequest(ref=self.state.ref, stage=stage, fingerprint=fingerprint, forced_by=forced_by)

    def _keep(self, record: StageRecord) -> None:
        self._state = self.state.with_record(record)
        self.ran.append(record.stage)
        self._unannounced = True

    def _show(self, stage: Stage) -> None:
        """Say where a post is that may stay there for a while."""
        self.stage = stage
        workflow.upsert_search_attributes([attributes.STAGE.value_set(stage)])
