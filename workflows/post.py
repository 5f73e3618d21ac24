"""The workflow of a post: the durable builder. Converge, park what failed, wait, converge again."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from contracts.events import PostParsed
    from contracts.post import Decision, PostInput, PostResult, Problem, Refresh, Retag
    from contracts.stages import Stage
    from workflows import attributes
    from workflows.converging import Convergence
    from workflows.inbox import Inbox


@workflow.defn
class PostWorkflow:
    """One per post: brings it up to date, and parks what cannot be done yet."""

    @workflow.init  # signals may be handled before run() starts
    def __init__(self, post: PostInput) -> None:
        self._post = post
        self._inbox = Inbox()
        self._build = Convergence(post)
        self._problems: tuple[Problem, ...] = ()

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
        return {"stage": self._build.stage, "ran": list(self._build.ran), "problems": problems}

    @workflow.run
    async def run(self, post: PostInput) -> PostResult:
        """Converge until nothing is stale, nothing failed and nobody asked for more."""
        event = post.event
        while True:
            self._inbox.refreshes.clear()
            self._problems = await self._build.converge(event, self._inbox.take_retag())
            if self._problems:
                await self._park()
            elif self._inbox.is_empty():
                return await self._finish()
            event = self._inbox.take_event()

    async def _park(self) -> None:
        """Wait for an operator, a signal or the end of the wait; then look at everything again."""
        reason = self._problems[0].reason
        workflow.upsert_search_attributes(
            [attributes.STATE.value_set(attributes.NEEDS_HUMAN), attributes.STUCK_REASON.value_set(reason)]
        )
        workflow.set_current_details(_parked_words(self._problems))
        try:
            await workflow.wait_condition(
                lambda: not self._inbox.is_empty(),
                timeout=timedelta(seconds=self._post.park_seconds),
                timeout_summary=f"parked: {reason}",
            )
        except TimeoutError as error:
            raise ApplicationError(f"parked too long: {reason}", type="ParkedTooLong") from error
        self._decide(self._inbox.take_decision())
        workflow.set_current_details("")
        workflow.upsert_search_attributes(
            [attributes.STATE.value_set(attributes.ACTIVE), attributes.STUCK_REASON.value_unset()]
        )

    def _decide(self, decision: Decision | None) -> None:
        if decision is None or decision.action == "retry":
            return
        if decision.action == "give-up":
            raise ApplicationError(f"given up by {decision.by}: {self._problems[0].reason}", type="GivenUp")
        named = {decision.stage} if decision.stage else {problem.stage for problem in self._problems}
        self._build.skipped |= named

    async def _finish(self) -> PostResult:
        left_out = self._build.is_skipped()
        state = "skipped" if left_out else "indexed"
        workflow.upsert_search_attributes(
            [attributes.STATE.value_set(state), attributes.STAGE.value_set("done")]
        )
        workflow.set_current_details(
            _finished_words(state, left_out.reason if left_out else None, self._build.ran)
        )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return PostResult(
            state=state, reason=left_out.reason if left_out else None, stages_run=len(self._build.ran)
        )


def _finished_words(state: str, reason: str | None, ran: list[Stage]) -> str:
    did = ", ".join(dict.fromkeys(ran)) or "nothing was stale"
    return f"**{state}**{f' ({reason})' if reason else ''}. This run did: {did}."


def _parked_words(problems: tuple[Problem, ...]) -> str:
    what = "\n".join(f"- `{problem.reason}`: {problem.message}" for problem in problems)
    return (
        'Send signal `resolve` with `{"action": "retry"}`, `{"action": "skip"}` or `{"action": "give-up"}`.\n\n'
        f"**This post is stuck:**\n{what}"
    )
