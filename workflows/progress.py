"""How far a post is: what is known of it, what ran, what is still to be told."""

from collections.abc import Collection

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.announcing import BridgeActivities
    from activities.saving import SavingActivities
    from contracts.changes import Version
    from contracts.post import PostInput, PostRef, PostState, StageRequest
    from contracts.stages import Stage, StageRecord
    from domain import build
    from workflows import attributes, policies


class Progress:
    """The post as it stands in its workflow."""

    def __init__(self, ref: PostRef, skipped: Collection[Stage] = ()) -> None:
        self._ref = ref
        self._state: PostState | None = None
        self._unannounced = False
        self.stage = Stage.PERSIST
        self.ran: list[Stage] = []
        self.skipped = frozenset(skipped)

    @property
    def is_known(self) -> bool:
        """Whether the archive was asked for the post."""
        return self._state is not None

    @property
    def state(self) -> PostState:
        """What is known of the post by now."""
        if self._state is None:
            raise ApplicationError("nothing is persisted yet", type="NotPersisted")
        return self._state

    async def persist(self, event: Version | None) -> None:
        """Save the post's version, if one came, and learn what is stale."""
        self.stage = Stage.PERSIST
        post = PostInput(ref=self._ref, event=event)
        self._state = await workflow.execute_local_activity_method(
            SavingActivities.persist, post, **policies.RECORD
        )
        self._unannounced = self._unannounced or self._state.unsent > 0

    def wants(self, stage: Stage) -> bool:
        """Whether the stage has something to do, and nobody said to leave it out."""
        return build.is_stale(self.state, stage) and stage not in self.skipped

    def request(self, stage: Stage, forced_by: str = "") -> StageRequest:
        """Return what asks an activity for the stage."""
        fingerprint = build.fingerprint(self.state, stage)
        return StageRequest(ref=self.state.ref, stage=stage, fingerprint=fingerprint, forced_by=forced_by)

    def keep(self, record: StageRecord) -> None:
        """Know that a stage ended, and that it may have left something to tell.

        What had ended so before the post was looked at (the same of its ``runs``) is neither counted nor told again.
        """
        known = self.state.records.get(record.stage)
        self._state = self.state.with_record(record)
        if known and record.runs and known.runs == record.runs:
            return
        self.ran.append(record.stage)
        self._unannounced = True

    def show(self, stage: Stage) -> None:
        """Say in lists where a post is that may stay there for a while."""
        self.stage = stage
        workflow.upsert_search_attributes([attributes.STAGE.value_set(stage)])

    def has_news(self) -> bool:
        """Whether something was committed that is not told, or the archive does not know yet how the post ended."""
        return self._unannounced or not self.state.concluded

    def is_told(self) -> None:
        """Know that everything committed so far was told."""
        self._unannounced = False

    async def announce(self, *, even_if_nothing_ran: bool = False) -> None:
        """Tell what was committed and not yet told."""
        if self._state is None or not (self._unannounced or even_if_nothing_ran):
            return
        self.is_told()
        policy = policies.named(policies.ANNOUNCE, "announce")
        await workflow.execute_activity_method(
            BridgeActivities.announce, str(self.state.ref.post_id), **policy
        )
