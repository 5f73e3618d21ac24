"""The workflow of a channel's own picture: looks at it and records it."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.channel_photos import ChannelPhotoActivities
    from activities.seeing import VisionActivities
    from contracts.channel_photo import ChannelPhotoInput, ChannelPhotoResult, ChannelPhotoState
    from contracts.post import Decision, MediaRequest, MediaSeen, Problem
    from contracts.stages import Stage
    from workflows import attributes, policies
    from workflows.failures import FAILURES, problem_of
    from workflows.parking import given_up, park, unpark


@workflow.defn
class ChannelPhotoWorkflow:
    """One per picture that a channel got. Parks where the picture cannot be looked at or recorded yet."""

    @workflow.init  # signals may be handled before run() starts
    def __init__(self, photo: ChannelPhotoInput) -> None:
        self._photo = photo
        self._stage = Stage.PERSIST
        self._nudged = False
        self._decision: Decision | None = None
        self._problem: Problem | None = None

    @workflow.signal(description="Look again at what is stored of the picture")
    def refresh(self) -> None:
        """Look again: its file may have come meanwhile."""
        self._nudged = True

    @workflow.signal(description='{"action": "retry" | "give-up"} for a parked channel picture')
    def resolve(self, decision: Decision) -> None:
        """Decide about a parked picture; ignored when it is not parked."""
        if self._problem:
            self._decision = decision

    @workflow.query(description="Where the picture is, and what it waits for")
    def status(self) -> dict[str, object]:
        """Return the stage and the problems."""
        problems = [self._problem.model_dump(mode="json")] if self._problem else []
        return {"stage": self._stage, "problems": problems}

    @workflow.run
    async def run(self, photo: ChannelPhotoInput) -> ChannelPhotoResult:  # noqa: ARG002  the engine hands it to both
        """Look and record; once more when its file came meanwhile; parked where that cannot be done."""
        while True:
            self._nudged = False
            try:
                found = await self._find()
                seen = await self._look(found)
                await self._record(found)
            except FAILURES as error:
                await self._park(problem_of(error, self._stage))
            else:
                if not self._nudged:
                    return await self._finish(seen)

    async def _park(self, problem: Problem) -> None:
        self._problem = problem
        until = workflow.now() + timedelta(seconds=self._photo.park_seconds)
        await park("channel picture", (problem,), until, self._has_work)
        decision, self._decision, self._problem = self._decision, None, None
        if decision and decision.action == "give-up":
            raise given_up(decision, (problem,))
        unpark()

    def _has_work(self) -> bool:
        return bool(self._decision or self._nudged)

    async def _find(self) -> ChannelPhotoState:
        self._stage = Stage.PERSIST
        return await workflow.execute_local_activity_method(
            ChannelPhotoActivities.find_channel_photo, self._photo.ref, **policies.RECORD
        )

    async def _look(self, found: ChannelPhotoState) -> MediaSeen:
        self._stage = Stage.VISION
        request = MediaRequest(
            tenant_id=found.ref.tenant_id, media=found.media, vision_version=found.vision_version
        )
        policy = policies.named(policies.VISION, f"look at picture {found.media.sha256[:12]}")
        return await workflow.execute_activity_method(VisionActivities.analyze_media, request, **policy)

    async def _record(self, found: ChannelPhotoState) -> None:
        self._stage = Stage.GRAPH
        await workflow.execute_activity_method(
            ChannelPhotoActivities.record_channel_photo, found, **policies.named(policies.STORE, "record")
        )

    async def _finish(self, seen: MediaSeen) -> ChannelPhotoResult:
        state = "skipped" if seen.skipped else "done"
        workflow.upsert_search_attributes(
            [attributes.STATE.value_set(state), attributes.STAGE.value_set("done")]
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return ChannelPhotoResult(state=state, reason=seen.skipped)
