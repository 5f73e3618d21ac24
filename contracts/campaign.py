"""What travels in a campaign's workflow: which posts are meant, how far it is, and what one step asks and gives."""

from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.identity import campaign_workflow_id
from contracts.post import Frozen
from contracts.stages import Stage

Kind = Literal["retag", "stale", "unfinished"]
CampaignState = Literal["running", "paused", "stopping", "finished", "stopped"]


class Selection(Frozen):
    """Which posts of a tenant a campaign is for, and what it wants of them.

    ``retag``: all of them, their tags once more. ``stale``: those of which a stage is stale, and ``unfinished``: those
    that the archive holds for unfinished; both are looked at again. ``failed_only`` leaves those that are parked or
    failed, or whose tags were skipped or never made.
    """

    tenant_id: UUID
    channel_id: UUID | None = None
    tag: str | None = None
    since: AwareDatetime | None = None
    kind: Kind = "retag"
    failed_only: bool = False


class Cursor(Frozen):
    """A place in the order of posts: channel by channel, as they were posted."""

    channel_id: UUID
    message_id: int


class Candidate(Frozen):
    """A post that the archive finds for a selection. When not ``sure``, its workflow has to say that it is parked."""

    post_id: UUID
    channel_id: UUID
    message_id: int
    text_length: int
    has_file: bool
    sure: bool = True

    @property
    def cursor(self) -> Cursor:
        """Where the post stands in the order."""
        return Cursor(channel_id=self.channel_id, message_id=self.message_id)


class Standing(StrEnum):
    """What a post's workflow does: something, wait in a park, or nothing any more."""

    UNDER_WAY = "under_way"
    PARKED = "parked"
    AT_REST = "at_rest"


class Estimate(Frozen):
    """What a campaign would do: posts, calls to the tagger, and of stale posts how many by stage."""

    posts: int = 0
    tagger_calls: int = 0
    stages: dict[Stage, int] = {}


class CampaignRate(Frozen):
    """How many posts a second may be told."""

    per_second: float = Field(gt=0, le=1000)


class Tally(Frozen):
    """How many posts were told, and how those that came to rest ended."""

    told: int = 0
    done: int = 0
    parked: int = 0

    @property
    def at_rest(self) -> int:
        """How many need nothing more of the campaign."""
        return self.done + self.parked

    def plus(self, other: "Tally") -> "Tally":
        """Return the sums."""
        return Tally(
            told=self.told + other.told, done=self.done + other.done, parked=self.parked + other.parked
        )


class Place(Frozen):
    """Where a campaign stands: what is read, who waits to be told, who was told and is not at rest yet."""

    cursor: Cursor | None = None
    exhausted: bool = False
    waiting: tuple[UUID, ...] = ()
    under_way: tuple[UUID, ...] = ()

    @property
    def is_end(self) -> bool:
        """Whether nothing is left to tell or to wait for."""
        return self.exhausted and not self.waiting and not self.under_way


class Carried(Frozen):
    """What one run hands to the next, so that a history never grows long."""

    estimate: Estimate | None = None
    place: Place = Place()
    tally: Tally = Tally()
    paused: bool = False
    why: str = ""
    shown: str = ""


class CampaignInput(Frozen):
    """What a campaign starts with. ``started_at`` bounds the selection: what is saved later is none of its posts."""

    campaign_id: str
    selection: Selection
    per_second: float = Field(default=5.0, gt=0, le=1000)
    window: int = Field(default=50, ge=1, le=500)
    dry_run: bool = False
    by: str = "operator"
    title: str = ""
    started_at: AwareDatetime | None = None
    look_again_seconds: float = 1.0
    stop_seconds: float = 60.0
    steps_per_run: int = 250
    carried: Carried = Carried()

    @property
    def workflow_id(self) -> str:
        """The id of the workflow that runs the campaign."""
        return campaign_workflow_id(self.selection.tenant_id, self.campaign_id)


class CampaignStep(Frozen):
    """Asks for one step: see who came to rest, tell at most ``may_tell`` more within the window, read ahead."""

    campaign_id: str
    selection: Selection
    until: AwareDatetime
    place: Place
    may_tell: int
    window: int
    ahead: int


class CampaignStepResult(Frozen):
    """Where the campaign stands after a step, and what the step added to its tally."""

    place: Place
    tally: Tally


class EstimateRequest(Frozen):
    """Asks what a campaign would do."""

    selection: Selection
    until: AwareDatetime


class CampaignProgress(Frozen):
    """How far a campaign is. ``why`` is set when it paused by itself; ``per_second_now`` is what comes to rest."""

    campaign_id: str
    selection: Selection
    title: str = ""
    by: str = "operator"
    dry_run: bool = False
    started_at: AwareDatetime | None = None
    state: CampaignState = "running"
    why: str = ""
    estimate: Estimate | None = None
    told: int = 0
    done: int = 0
    parked: int = 0
    under_way: int = 0
    cursor: Cursor | None = None
    per_second: float = 5.0
    per_second_now: float | None = None
    seconds_left: float | None = None
