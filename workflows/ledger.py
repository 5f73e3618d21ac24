"""The books of a campaign: where it stands, how many ended how, and how fast it goes."""

from collections import deque
from datetime import datetime
from typing import Final

from contracts.campaign import (
    CampaignInput,
    CampaignProgress,
    CampaignState,
    CampaignStep,
    CampaignStepResult,
    Carried,
    EstimateRequest,
)
from domain import campaigns

#: Seconds that the pace is measured over.
LOOK_BACK: Final = 30.0


class Ledger:
    """Kept by a campaign's workflow, handed from run to run."""

    def __init__(self, campaign: CampaignInput, now: datetime) -> None:
        self.campaign = campaign
        self.per_second = campaign.per_second
        self.estimate = campaign.carried.estimate
        self.place, self.tally = campaign.carried.place, campaign.carried.tally
        self.started_at = campaign.started_at or now
        self._credit, self._credited_at = self.per_second * self.step_seconds, now
        self._pace: deque[tuple[datetime, int]] = deque([(now, self.tally.at_rest)])
        self._idle = 0

    @property
    def step_seconds(self) -> float:
        """The seconds from one step to the next while there is something to do."""
        return campaigns.step_seconds(self.per_second, self.campaign.window, self.campaign.look_again_seconds)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.estimate is not None and (self.campaign.dry_run or self.place.is_end)

    def estimate_request(self) -> EstimateRequest:
        """Return what asks for the estimate."""
        return EstimateRequest(selection=self.campaign.selection, until=self.started_at)

    def step(self, now: datetime, *, tells: bool) -> CampaignStep:
        """Return what asks for the next step; without ``tells`` it only sees who came to rest."""
        seconds = (now - self._credited_at).total_seconds()
        self._credit = campaigns.credit(self._credit, seconds, self.per_second, self.step_seconds)
        self._credited_at = now
        a_step = max(1, round(self.per_second * self.step_seconds))
        return CampaignStep(
            campaign_id=self.campaign.campaign_id,
            selection=self.campaign.selection,
            until=self.started_at,
            place=self.place,
            may_tell=int(self._credit + 1e-6) if tells else 0,
            window=self.campaign.window,
            ahead=min(2 * a_step, self.campaign.window) if tells else 0,
        )

    def take(self, result: CampaignStepResult, now: datetime) -> None:
        """Keep what a step gave."""
        has_news = result.place != self.place
        self._idle = 0 if has_news else self._idle + 1
        self.place, self.tally = result.place, self.tally.plus(result.tally)
        self._credit -= result.tally.told
        self._pace.append((now, self.tally.at_rest))
        while (now - self._pace[0][0]).total_seconds() > LOOK_BACK and len(self._pace) > 2:
            self._pace.popleft()

    def pause_after(self, began: datetime, now: datetime) -> float:
        """Return the seconds to wait after a step that began then."""
        whole = campaigns.idle_seconds(self.step_seconds, self._idle)
        return max(0.0, whole - (now - began).total_seconds())

    def goes_on_at_once(self) -> bool:
        """Whether the next step need not wait: nobody was told yet, or the archive is still read for who comes next."""
        is_read = bool(self.place.waiting) or self.place.exhausted
        return not self._idle and (self.tally.told == 0 or not is_read)

    def wake(self) -> None:
        """Look again soon: something was said."""
        self._idle = 0

    def per_second_now(self) -> float | None:
        """Return how many posts a second have come to rest lately, None while nobody can tell."""
        (began, before), (ended, after) = self._pace[0], self._pace[-1]
        seconds = (ended - began).total_seconds()
        return (after - before) / seconds if seconds and after > before else None

    def progress(self, state: CampaignState, why: str = "") -> CampaignProgress:
        """Return how far it is."""
        campaign, tally, pace = self.campaign, self.tally, self.per_second_now()
        running = state == "running"
        return CampaignProgress(
            campaign_id=campaign.campaign_id, selection=campaign.selection, title=campaign.title, by=campaign.by,
            dry_run=campaign.dry_run, started_at=self.started_at, state=state, why=why, estimate=self.estimate,
            told=tally.told, done=tally.done, parked=tally.parked, under_way=len(self.place.under_way),
            cursor=self.place.cursor, per_second=self.per_second, per_second_now=pace if running else None,
            seconds_left=campaigns.seconds_left(tally.at_rest, self.estimate, pace) if running else None,
        )  # fmt: skip

    def next_run(self, *, paused: bool, why: str, shown: str) -> CampaignInput:
        """Return what the next run begins with."""
        carried = Carried(
            estimate=self.estimate, place=self.place, tally=self.tally, paused=paused, why=why, shown=shown
        )
        kept = {"carried": carried, "per_second": self.per_second, "started_at": self.started_at}
        return self.campaign.model_copy(update=kept)
