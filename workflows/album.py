"""The workflow of an album: collects its items, waits for their pictures, puts it together."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from activities.announcing import BridgeActivities
    from activities.assembling import AlbumActivities
    from activities.seeing import VisionActivities
    from contracts.album import AlbumInput, AlbumItem, AlbumResult, AlbumState, AssembleRequest
    from contracts.events import AlbumParsed
    from contracts.parking import Waiter
    from contracts.post import Decision, MediaRequest
    from contracts.stages import Stage
    from domain import albums
    from workflows import attributes, policies
    from workflows.failures import FAILURES, problem_of
    from workflows.hosting import Host
    from workflows.parking import ParkingPlace
    from workflows.versions import save_each, take_over


@workflow.defn
class AlbumWorkflow:
    """One per album. Complete when every announced item arrived and was looked at; partial at the deadline."""

    @workflow.init  # signals may be handled before run() starts
    def __init__(self, album: AlbumInput) -> None:
        self._album = album
        self._announced: list[AlbumParsed] = []
        self._versions = [*((album.event,) if album.event else ()), *album.events]
        self._refusals: tuple[FailureError, ...] = ()
        self._nudged = False
        host = Host(self._came, self._next_run)
        self._place = ParkingPlace(Waiter.of("album", album.ref), host, album.patience)
        self._state: AlbumState | None = None
        self._shown = attributes.ACTIVE

    @workflow.signal(description="A later announcement of the album (as albums.parsed carries it)")
    def grown(self, event: AlbumParsed) -> None:
        """The album was announced again, perhaps with more items."""
        self._announced.append(event)

    @workflow.signal(description="Look again at what has arrived")
    def refresh(self) -> None:
        """Look again at what has arrived."""
        self._nudged = True

    @workflow.signal(description='{"action": "retry" | "give-up"} for a parked album')
    def resolve(self, decision: Decision) -> None:
        """Decide about a parked album; what cannot be decided is shown in its details and changes nothing."""
        self._place.hear(decision)

    @workflow.update(name="resolve", description='{"action": "retry" | "give-up", "by": "you"}')
    def decide(self, decision: Decision) -> str:
        """Decide about a parked album; return what happens now."""
        return self._place.take(decision)

    @decide.validator
    def _check_decision(self, decision: Decision) -> None:
        self._place.check(decision)

    @workflow.query(description="How many items were announced, arrived and were looked at; what is stuck")
    def status(self) -> dict[str, object]:
        """Return the counts of announced, arrived and not yet looked-at items, and the problems."""
        problems = [problem.model_dump(mode="json") for problem in self._place.problems]
        if self._state is None:
            return {"expected": 0, "arrived": 0, "waiting": 0, "problems": problems}
        return {
            "expected": self._state.expected,
            "arrived": len(self._state.items),
            "waiting": len(albums.unlooked(self._state)),
            "problems": problems,
        }

    @workflow.run
    async def run(self, album: AlbumInput) -> AlbumResult:  # noqa: ARG002  the engine hands it to both
        """Collect, look, assemble; once more for what came meanwhile; parked where that cannot be done."""
        while True:
            self._nudged = False
            try:
                missing = await self._collect()
                missing += await self._look()
                await self._assemble(missing)
                if self._refusals:
                    raise self._refusals[0]
            except FAILURES as error:
                await self._place.wait((problem_of(error, Stage.PERSIST, optional=False),))
                self._shown = attributes.ACTIVE
            else:
                await self._place.leave()
                if not self._came():
                    return await self._finish(missing)
            take_over(self._versions, self._announced)

    def _came(self) -> str:
        """Return in a word what has come since the album was looked at; empty when nothing did."""
        return "announcement" if self._announced else "refresh" if self._nudged else ""

    def _next_run(self) -> AlbumInput:
        """What the next run of an album that waits for very long begins with."""
        own = {"event": None, "events": tuple(self._versions)}
        return self._album.model_copy(update={**own, **self._place.carried()})

    async def _collect(self) -> tuple[str, ...]:
        """Wait until every announced item has arrived, at most until the deadline; return what is missing."""
        deadline = workflow.now() + timedelta(seconds=self._album.deadline_seconds)
        wait = self._album.look_again_seconds
        while True:
            state = await self._arrived()
            if albums.is_collected(state) or workflow.now() >= deadline:
                break
            self._show(attributes.WAITING)
            await self._something_came(min(wait, (deadline - workflow.now()).total_seconds()))
            wait *= 2
        return tuple(f"item {n}" for n in range(len(state.items) + 1, state.expected + 1))

    async def _arrived(self) -> AlbumState:
        """Save what was announced and return what has arrived.

        Raises:
            FailureError: nothing could be saved.
        """
        saved, self._refusals = await save_each(self._versions, self._collected)
        if not saved:
            raise self._refusals[0]
        return self._now

    async def _collected(self, event: AlbumParsed | None) -> None:
        album = AlbumInput(ref=self._album.ref, event=event)
        self._state = await workflow.execute_local_activity_method(
            AlbumActivities.collect_album, album, **policies.RECORD
        )

    def _show(self, state: str) -> None:
        """Say in lists whether the album waits for items; once for each change. One that is parked says that."""
        if state != self._shown and not self._place.problems:
            self._shown = state
            workflow.upsert_search_attributes([attributes.STATE.value_set(state)])

    async def _something_came(self, seconds: float) -> None:
        try:
            await workflow.wait_condition(
                lambda: bool(self._came()),
                timeout=timedelta(seconds=seconds),
                timeout_summary="waiting for items",
            )
        except TimeoutError:
            return
        self._nudged = False
        take_over(self._versions, self._announced)

    async def _look(self) -> tuple[str, ...]:
        """Look at every item that nobody has looked at; return those that could not be looked at."""
        self._show(attributes.ACTIVE)
        items = albums.unlooked(self._now)
        failed = await asyncio.gather(*(self._look_at(item) for item in items))
        return tuple(
            f"message {item.post.message_id}" for item, bad in zip(items, failed, strict=True) if bad
        )

    async def _look_at(self, item: AlbumItem) -> bool:
        if item.media is None:
            return False
        request = MediaRequest(
            tenant_id=item.post.tenant_id, media=item.media, vision_version=self._now.vision_version,
            post_id=item.post.post_id,
        )  # fmt: skip
        try:
            seen = await workflow.execute_activity_method(
                VisionActivities.analyze_media,
                request,
                **policies.named(policies.VISION, f"look at item {item.post.message_id}"),
            )
        except FAILURES as error:
            problem = problem_of(error, Stage.VISION)
            workflow.logger.warning("item not looked at", extra={"reason": problem.reason})
            return True
        looked = item.model_copy(update={"seen": seen.features_hash or None, "skipped": seen.skipped})
        items = tuple(looked if i.post == item.post else i for i in self._now.items)
        self._state = self._now.model_copy(update={"items": items})
        return False

    async def _assemble(self, missing: tuple[str, ...]) -> None:
        if albums.is_dissolved(self._now):
            policy = policies.named(policies.STORE, "dissolve")
            await workflow.execute_activity_method(AlbumActivities.dissolve_album, self._now, **policy)
            return
        fingerprint = albums.fingerprint(self._now, missing)
        if self._now.assembled == fingerprint and not self._now.unsent:
            return
        request = AssembleRequest(ref=self._now.ref, fingerprint=fingerprint, missing=missing)
        assembled = await workflow.execute_activity_method(
            AlbumActivities.assemble_album, request, **policies.named(policies.STORE, "assemble")
        )
        await workflow.execute_activity_method(
            BridgeActivities.announce_assembled,
            assembled,
            **policies.named(policies.ANNOUNCE, "announce album"),
        )

    async def _finish(self, missing: tuple[str, ...]) -> AlbumResult:
        state = "partial" if missing else "complete"
        if albums.is_dissolved(self._now):
            state = "deleted"
        workflow.upsert_search_attributes(
            [attributes.STATE.value_set(state), attributes.STAGE.value_set("done")]
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return AlbumResult(state=state, items=len(self._now.items), missing=missing)

    @property
    def _now(self) -> AlbumState:
        if self._state is None:
            raise RuntimeError("nothing is collected yet")
        return self._state
