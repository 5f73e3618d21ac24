"""The workflow of a channel's own picture: looks at it and records it."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.channel_photos import ChannelPhotoActivities
    from activities.seeing import VisionActivities
    from contracts.channel_photo import (
        ChannelPhotoInput,
        ChannelPhotoResult,
        ChannelPhotoState,
    )
    from contracts.parking import Waiter
    from contracts.post import Decision, MediaRequest, MediaSeen
    from contracts.stages import Stage
    from workflows import attributes, policies
    from workflows.failures import FAILURES, problem_of
    from workflows.hosting import Host
    from workflows.parking import ParkingPlace


@workflow.defn
class ChannelPhotoWorkflow:
    """One per picture that a channel got. Parks where the picture cannot be looked at or recorded yet."""

    @workflow.init  # signals may be handled before run() starts
    def __init__(self, photo: ChannelPhotoInput) -> None:
        self._photo = photo
        self._stage = Stage.PERSIST
        self._nudged = False
        host = Host(self._came, self._next_run)
        self._place = ParkingPlace(Waiter.of("channel picture", photo.ref), host, photo.patience)

    @workflow.signal(description="Look again at what is stored of the picture")
    def refresh(self) -> None:
        """Look again: its file may have come meanwhile."""
        self._nudged = True

    @workflow.signal(description='{"action": "retry" | "give-up"} for a parked channel picture')
    def resolve(self, decision: Decision) -> None:
        """Decide about a parked picture; what cannot be decided is shown in its details and changes nothing."""
        self._place.hear(decision)

    @workflow.update(name="resolve", description='{"action": "retry" | "give-up", "by": "you"}')
    def decide(self, decision: Decision) -> str:
        """Decide about a parked picture; return what happens now."""
        return self._place.take(decision)

    @decide.validator
    def _check_decision(self, decision: Decision) -> None:
        self._place.check(decision)

    @workflow.query(description="Where the picture is, and what it waits for")
    def status(self) -> dict[str, object]:
        """Return the stage and the problems."""
        problems = [problem.model_dump(mode="json") for problem in self._place.problems]
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
                await self._place.wait((problem_of(error, self._stage, optional=False),))
            else:
                await self._place.leave()
                if not self._nudged:
                    return await self._finish(seen)

    def _came(self) -> str:
        """Return in a word what has come since the picture was looked at; empty when nothing did."""
        return "refresh" if self._nudged else ""

    def _next_run(self) -> ChannelPhotoInput:
        """What the next run of a picture that waits for very long begins with."""
        return self._photo.model_copy(update=self._place.carried())

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
