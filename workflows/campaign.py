"""The workflow of a campaign: counts the posts of a selection, then tells them, a few at a time, at a rate."""

import asyncio
from datetime import datetime, timedelta
from itertools import count

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from activities.campaigning import CampaignActivities
    from contracts.campaign import CampaignInput, CampaignProgress, CampaignRate, CampaignState
    from contracts.stages import Stage
    from workflows import policies
    from workflows.campaign_lists import Lists
    from workflows.failures import FAILURES, problem_of
    from workflows.ledger import Ledger


@workflow.defn
class CampaignWorkflow:
    """One per campaign. It owns no post: it tells their workflows, and counts those that have come to rest."""

    @workflow.init  # signals may be handled before run() starts
    def __init__(self, campaign: CampaignInput) -> None:
        self._books = Ledger(campaign, workflow.now())
        self._lists = Lists(campaign.carried)
        self._paused, self._why = campaign.carried.paused, campaign.carried.why
        self._stop_by: datetime | None = None
        self._nudged = False

    @workflow.signal(description="Tell no more posts for now; those that were told go on")
    def pause(self) -> None:
        """Tell no more posts for now."""
        self._paused = self._nudged = True

    @workflow.signal(description="Go on where it was paused")
    def resume(self) -> None:
        """Go on where it was paused."""
        self._paused, self._nudged, self._why = False, True, ""

    @workflow.signal(description="Tell no more posts and end; what is done stays done")
    def cancel(self) -> None:
        """Tell no more posts and end."""
        seconds = self._books.campaign.stop_seconds
        self._stop_by = self._stop_by or workflow.now() + timedelta(seconds=seconds)
        self._nudged = True

    @workflow.signal(description='{"per_second": 10}: how many posts a second may be told')
    def set_rate(self, rate: CampaignRate) -> None:
        """Tell so many posts a second from now on."""
        self._books.per_second, self._nudged = rate.per_second, True

    @workflow.query(description="How far the campaign is")
    def progress(self) -> CampaignProgress:
        """Return how far it is."""
        return self._books.progress(self._state(), self._why)

    @workflow.run
    async def run(self, campaign: CampaignInput) -> CampaignProgress:  # noqa: ARG002  the engine hands it to both
        """Work until all posts are at rest, or until it is stopped; a step that has begun is always counted."""
        work = asyncio.create_task(self._work())
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            self.cancel()
            await work
            raise
        if not self._is_over():
            workflow.continue_as_new(
                self._books.next_run(paused=self._paused, why=self._why, shown=self._lists.shown)
            )
        return self.progress()

    async def _work(self) -> None:
        self._lists.show(self.progress())
        for step in count(1):
            await workflow.wait_condition(self._has_work)
            began = workflow.now()
            if not self._is_over():
                await self._try()
            self._lists.show(self.progress())
            if self._is_over():
                return
            if not self._books.goes_on_at_once():
                await self._wait(began)
            if self._is_long(step) and self._stop_by is None:  # a run that is told to stop ends by itself
                return

    def _is_long(self, steps: int) -> bool:
        return steps >= self._books.campaign.steps_per_run or workflow.info().is_continue_as_new_suggested()

    async def _try(self) -> None:
        """Do the next thing; what cannot be done pauses the campaign, which says why."""
        try:
            await (self._step() if self._books.estimate else self._count())
        except FAILURES as error:
            problem = problem_of(error, Stage.PERSIST)
            self._paused, self._why = True, f"{problem.error}: {problem.message}"

    async def _count(self) -> None:
        self._books.estimate = await workflow.execute_activity_method(
            CampaignActivities.estimate_campaign, self._books.estimate_request(), **policies.ESTIMATE
        )

    async def _step(self) -> None:
        step = self._books.step(workflow.now(), tells=self._state() == "running")
        result = await workflow.execute_activity_method(
            CampaignActivities.advance_campaign, step, **policies.CAMPAIGN
        )
        self._books.take(result, workflow.now())

    async def _wait(self, began: datetime) -> None:
        """Wait until the next step is due, or something is said."""
        pause = self._books.pause_after(began, workflow.now())
        try:
            await workflow.wait_condition(
                lambda: self._nudged,
                timeout=timedelta(seconds=pause),
                timeout_summary="until the next posts are told",
            )
        except TimeoutError:
            return
        self._nudged = False
        self._books.wake()

    def _has_work(self) -> bool:
        """Whether there is something to do: a paused campaign only sees to the posts that it has told."""
        return not self._paused or bool(self._books.place.under_way) or self._stop_by is not None

    def _is_over(self) -> bool:
        return self._state() in {"finished", "stopped"}

    def _state(self) -> CampaignState:
        if self._books.is_done:
            return "finished"
        if self._stop_by is not None:
            at_rest = not self._books.place.under_way
            return "stopped" if at_rest or workflow.now() >= self._stop_by else "stopping"
        return "paused" if self._paused else "running"
