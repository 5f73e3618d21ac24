"""The workflow of a post: the durable builder. Converge, park what failed, wait, converge again."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.saving import SavingActivities
    from contracts.events import PostParsed
    from contracts.post import Decision, GivenUp, PostInput, PostResult, Problem, Refresh, Retag
    from workflows import attributes, policies
    from workflows.converging import Convergence
    from workflows.inbox import Inbox
    from workflows.parking import given_up, park, unpark


@workflow.defn
class PostWorkflow:
    """One per post: brings it up to date, and parks what cannot be done yet."""

    @workflow.init  # signals may be handled before run() starts
    def __init__(self, post: PostInput) -> None:
        self._input = post
        self._inbox = Inbox()
        self._build = Convergence(post)
        self._problems: tuple[Problem, ...] = ()
        self._parked_until = post.parked_until

    @workflow.signal(description='{"event_id": "any-unique-word"}: tag this post once more')
    def retag(self, retag: Retag) -> None:
        """Tag once more."""
        self._inbox.add_retag(retag)

    @workflow.signal(description="A newer version of the post, as posts.parsed carries it")
    def edited(self, event: PostParsed) -> None:
        """Merge a version of the post and bring up to date what depends on it."""
        self._inbox.events.append(event)

    @workflow.signal(description='{"reason": "...", "event_id": "any-unique-word"}: look at this post again')
    def refresh(self, refresh: Refresh) -> None:
        """Look whether something became stale."""
        self._inbox.add_refresh(refresh)

    @workflow.signal(description='{"action": "retry" | "skip" | "give-up"} for a parked post')
    def resolve(self, decision: Decision) -> None:
        """Decide about a parked post; ignored when it is not parked."""
        if self._problems:
            self._inbox.decision = decision

    @workflow.query(description="Where the post is, what ran in this run, and what it waits for")
    def status(self) -> dict[str, object]:
        """Return stage, stages run in this run, and problems."""
        problems = [problem.model_dump(mode="json") for problem in self._problems]
        return {"stage": self._build.post.stage, "ran": list(self._build.post.ran), "problems": problems}

    @workflow.run
    async def run(self, post: PostInput) -> PostResult:  # noqa: ARG002  the engine hands it to both
        """Converge until nothing is stale, nothing failed and nobody asked for more."""
        while True:
            self._inbox.refreshes.clear()
            problems = await self._build.converge()
            if problems:
                await self._park(problems)
            elif self._inbox.is_empty():
                return await self._finish()
            else:
                self._parked_until = None
            self._build.event = self._build.event or self._inbox.take_event()
            self._build.forced = self._inbox.take_retag() or self._build.forced

    async def _park(self, problems: tuple[Problem, ...]) -> None:
        """Wait for a decision, another signal or the end of the wait, which retrying does not push away."""
        problems += await self._build.tell()
        self._parked_until = self._parked_until or workflow.now() + timedelta(
            seconds=self._input.park_seconds
        )
        if workflow.info().is_continue_as_new_suggested() and not self._inbox.has_work():
            workflow.continue_as_new(self._as_input())
        self._problems = problems
        try:
            await park("post", problems, self._parked_until, self._inbox.has_work)
            decision, self._problems = self._inbox.take_decision(), ()
            if decision and decision.action == "give-up":
                raise given_up(decision, problems)
        except ApplicationError as error:
            await self._mark_failed(error)
            raise
        if decision and decision.action == "skip":
            named = {decision.stage} if decision.stage else {problem.stage for problem in problems}
            self._build.leave_out(named)
        unpark()

    def _as_input(self) -> PostInput:
        """What the next run of a post that waits for very long begins with."""
        return PostInput(
            ref=self._input.ref,
            event=self._build.event,
            retag=self._build.forced,
            park_seconds=self._input.park_seconds,
            parked_until=self._parked_until,
        )

    async def _mark_failed(self, error: ApplicationError) -> None:
        """Say in the archive, too, that nobody works on the post any more."""
        failed = GivenUp(ref=self._input.ref, reason=error.message)
        await workflow.execute_local_activity_method(SavingActivities.mark_failed, failed, **policies.RECORD)

    async def _finish(self) -> PostResult:
        reason, ran = self._build.left_out(), self._build.post.ran
        state = "skipped" if reason else "indexed"
        workflow.upsert_search_attributes(
            [attributes.STATE.value_set(state), attributes.STAGE.value_set("done")]
        )
        did = ", ".join(dict.fromkeys(ran)) or "nothing was stale"
        workflow.set_current_details(f"**{state}**{f' ({reason})' if reason else ''}. This run did: {did}.")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return PostResult(state=state, reason=reason, stages_run=len(ran))
