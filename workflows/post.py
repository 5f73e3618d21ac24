"""The workflow of a post: the durable builder. Converge, park what failed, wait, converge again."""

from typing import Final

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from activities.saving import SavingActivities
    from contracts.changes import Version
    from contracts.parking import Waiter
    from contracts.post import (
        Decision,
        Deletion,
        GivenUp,
        PostInput,
        PostResult,
        Problem,
        Refresh,
        Retag,
    )
    from domain.decisions import left_out
    from workflows import attributes, policies
    from workflows.converging import Convergence
    from workflows.deleting import delete
    from workflows.failures import FAILURES
    from workflows.hosting import Host
    from workflows.inbox import Inbox
    from workflows.parking import ParkingPlace

#: Before this, a request for tags was answered with what a post was stuck at when it came.
_WAITS_FOR_TAGS: Final = "waits-for-tags"


@workflow.defn
class PostWorkflow:
    """One per post: brings it up to date, and parks what cannot be done yet."""

    @workflow.init  # signals may be handled before run() starts
    def __init__(self, post: PostInput) -> None:
        self._input = post
        self._inbox = Inbox(seen=list(post.seen))
        self._build = Convergence(post, self._inbox)
        self._deletion = post.deletion
        host = Host(
            self._inbox.reason_to_go_on,
            self._next_run,
            tell=self._tell,
            failed=self._mark_failed,
        )
        self._place = ParkingPlace(Waiter.of("post", post.ref), host, post.patience)

    @workflow.signal(description='{"event_id": "any-unique-word"}: tag this post once more')
    def retag(self, retag: Retag) -> None:
        """Tag once more."""
        self._inbox.add_retag(retag)

    @workflow.signal(description="A newer version of the post, as posts.parsed or posts.edited carries it")
    def edited(self, event: Version) -> None:
        """Merge a version of the post and bring up to date what depends on it."""
        self._inbox.events.append(event)

    @workflow.signal(
        description='{"reason": "user" | "admin" | "ttl"}: remove this post everywhere, for good'
    )
    def deleted(self, deletion: Deletion) -> None:
        """Delete the post; nothing brings it back."""
        self._inbox.deletion = deletion

    @workflow.signal(description='{"reason": "...", "event_id": "any-unique-word"}: look at this post again')
    def refresh(self, refresh: Refresh) -> None:
        """Look whether something became stale."""
        self._inbox.add_refresh(refresh)

    @workflow.signal(description='{"action": "retry" | "skip" | "give-up"} for a parked post')
    def resolve(self, decision: Decision) -> None:
        """Decide about a parked post; what cannot be decided is shown in its details and changes nothing."""
        self._place.hear(decision)

    @workflow.update(
        name="resolve", description='{"action": "retry" | "skip" | "give-up", "stage": "…", "by": "you"}'
    )
    def decide(self, decision: Decision) -> str:
        """Decide about a parked post; return what happens now."""
        return self._place.take(decision)

    @decide.validator
    def _check_decision(self, decision: Decision) -> None:
        self._place.check(decision)

    @workflow.update(description='{"event_id": "any-unique-word"}: tag once more, and wait until it is done')
    async def retag_now(self, retag: Retag) -> str:
        """Tag once more; return what came of it."""
        self._inbox.add_retag(retag)
        waits = workflow.patched(_WAITS_FOR_TAGS)
        await workflow.wait_condition(
            lambda: (
                retag.event_id in self._build.tagged
                or self._cannot_be_tagged(is_new=waits and retag in self._inbox.retags)
            )
        )
        done = self._build.tagged.get(retag.event_id)
        return f"tags {done}" if done else "not tagged: the post is stuck or deleted; see its details"

    @retag_now.validator
    def _check_retag(self, retag: Retag) -> None:
        if not retag.event_id:
            raise ValueError("event_id is needed: any word that was not used before")
        if self._inbox.knows(retag):
            raise ValueError(f"event_id {retag.event_id!r} was used before: another word is needed")
        if self._deletion or self._inbox.deletion:
            raise ValueError("this post is being deleted")

    @workflow.query(description="Where the post is, what ran in this run, and what it waits for")
    def status(self) -> dict[str, object]:
        """Return stage, stages run in this run, and problems."""
        problems = [problem.model_dump(mode="json") for problem in self._place.problems]
        return {"stage": self._build.post.stage, "ran": list(self._build.post.ran), "problems": problems}

    @workflow.run
    async def run(self, post: PostInput) -> PostResult:  # noqa: ARG002  the engine hands it to both
        """Converge until nothing is stale, nothing failed and nobody asked for more."""
        if self._inbox.retags and workflow.patched("retag-at-start"):
            self._take_in()
        while True:
            self._inbox.refreshes.clear()
            problems = await self._look()
            if problems:
                await self._park(problems)
            else:
                await self._place.leave()
                if await self._is_done():
                    return self._finish()
            self._take_in()

    def _take_in(self) -> None:
        """Look at what signals brought; who asked for tags before, and has not got them yet, is not forgotten."""
        if self._inbox.reason_to_go_on() and not self._deletion:
            self._build.try_everything()
        self._build.take_versions()
        asked = (*self._build.forced, *self._inbox.take_retags())
        if len(asked) > 1 and not workflow.patched("every-retag"):
            asked = asked[-1:]
        self._build.forced = asked

    async def _look(self) -> tuple[Problem, ...]:
        wish = self._inbox.take_deletion()
        if wish and not self._deletion:
            self._build.try_everything()
        self._deletion = wish or self._deletion
        if self._deletion:
            return await delete(self._input.ref, self._deletion, self._build.post.skipped)
        return await self._build.converge()

    async def _is_done(self) -> bool:
        """Whether nobody asked for more, also not by an update that is being answered."""
        await workflow.wait_condition(
            lambda: workflow.all_handlers_finished() or not (self._deletion or self._inbox.is_empty())
        )
        return self._deletion is not None or self._inbox.is_empty()

    async def _park(self, problems: tuple[Problem, ...]) -> None:
        decision = await self._place.wait(problems)
        if decision:
            self._build.leave_out(left_out(decision, problems))

    async def _tell(self) -> tuple[Problem, ...]:
        """Tell what was committed; of a post that is being deleted nothing more is told."""
        return () if self._deletion else await self._build.tell()

    def _cannot_be_tagged(self, *, is_new: bool) -> bool:
        """Whether it is being deleted, or got stuck; being stuck before is no answer to a request that is new."""
        return bool(self._deletion or (not is_new and (self._place.problems or self._build.is_absent)))

    def _next_run(self) -> PostInput:
        """What the next run of a post that waits for very long begins with."""
        given = PostInput(
            ref=self._input.ref,
            versions=tuple(self._build.versions),
            retags=self._build.forced,
            deletion=self._deletion,
            skipped=tuple(sorted(self._build.post.skipped)),
            seen=tuple(self._inbox.seen),
        )
        return given.model_copy(update=self._place.carried())

    async def _mark_failed(self, failure: ApplicationError) -> None:
        """Say in the archive, too, that nobody works on the post any more; the failure is said in any case."""
        failed = GivenUp(ref=self._input.ref, reason=failure.message)
        try:
            await workflow.execute_local_activity_method(
                SavingActivities.mark_failed, failed, **policies.RECORD
            )
        except FAILURES as error:
            workflow.logger.warning("post not marked as failed", extra={"reason": str(error.cause or error)})

    def _finish(self) -> PostResult:
        state, reason = ("deleted", None) if self._deletion else self._build.ending()
        ran = self._build.post.ran
        workflow.upsert_search_attributes(
            [attributes.STATE.value_set(state), attributes.STAGE.value_set("done")]
        )
        did = ", ".join(dict.fromkeys(ran)) or "nothing was stale"
        why = f" ({reason})" if reason else ""
        workflow.set_current_details(f"**{state}**{why}. This run did: {did}.")
        return PostResult(state=state, reason=reason, stages_run=len(ran))
