"""What lists and the Web UI show of a campaign."""

from typing import Final

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from contracts.campaign import CampaignProgress, Carried
    from domain import campaigns
    from workflows import attributes

#: What lists say of each state.
SHOWN: Final = {
    "running": attributes.ACTIVE,
    "stopping": attributes.ACTIVE,
    "paused": attributes.PAUSED,
    "finished": attributes.DONE,
    "stopped": attributes.STOPPED,
}


class Lists:
    """Told in words at every step, which costs nothing; in search attributes, which do, when it is worth it."""

    def __init__(self, carried: Carried) -> None:
        self.shown = carried.shown
        self._at_rest = carried.tally.at_rest

    def show(self, progress: CampaignProgress) -> None:
        """Say where the campaign stands."""
        workflow.set_current_details(campaigns.details(progress))
        estimate, at_rest = progress.estimate, progress.done + progress.parked
        moved = estimate and campaigns.is_worth_showing(at_rest, self._at_rest, estimate.posts)
        state = SHOWN[progress.state]
        if state == self.shown and not moved:
            return
        self.shown, self._at_rest = state, at_rest
        stage = campaigns.stage_words(progress)
        workflow.upsert_search_attributes(
            [attributes.STATE.value_set(state), attributes.STAGE.value_set(stage)]
        )
