"""What calls to a provider may take, what they took, and what a tenant may spend in a day."""

from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import Field

from contracts.asking import Asker, Usage
from contracts.post import Frozen

#: The name of the budget, and of the day's counter, that everything of a tenant is counted in.
EVERYTHING: Final = ""


class Estimate(Frozen):
    """The tokens that a call may take at most."""

    input_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)

    @property
    def total_tokens(self) -> int:
        """What is reserved of a budget in tokens."""
        return self.input_tokens + self.output_tokens


class ShareState(StrEnum):
    """Where a share is. Reserved and lost ones count with their estimate, settled ones with their usage."""

    RESERVED = "reserved"
    SETTLED = "settled"
    RELEASED = "released"
    LOST = "lost"


class Verdict(StrEnum):
    """What a request says of its provider: that it answers, that it does not, or neither."""

    ANSWERED = "answered"
    FAILED = "failed"
    NEITHER = "neither"


class Wish(Frozen):
    """What somebody is about to ask a provider, and what it may take and cost (in microunits) at most.

    ``cost_microunits`` is None where nobody knows the price.
    """

    id: UUID
    asker: Asker
    provider: str
    model: str
    estimate: Estimate
    cost_microunits: int | None = Field(default=None, ge=0)


class Share(Frozen):
    """A post's or a picture's part of a request, for which tokens and money are reserved.

    ``is_probe``: the provider's brake is on, and this one alone is let through to see whether it answers again.
    """

    wish: Wish
    is_probe: bool = False

    @property
    def id(self) -> UUID:
        """What the ledger knows it by."""
        return self.wish.id


class Ending(Frozen):
    """How a share ended; ``error`` is its own, where it is not that of the request."""

    share_id: UUID
    state: ShareState
    usage: Usage = Usage()
    cost_microunits: int = Field(default=0, ge=0)
    error: str | None = None


class RequestEnded(Frozen):
    """How a request ended, share by share; ``id`` is None where it was never sent.

    ``probe`` is the share that was let through a brake; ``wait`` is what the provider told us to wait.
    ``needs_human``: only a human can mend what it failed at.
    """

    id: UUID | None
    provider: str
    stage: str
    endings: tuple[Ending, ...]
    verdict: Verdict = Verdict.NEITHER
    model_answered: str | None = None
    error: str | None = None
    probe: UUID | None = None
    wait: timedelta = timedelta()
    needs_human: bool = False


class Past(Frozen):
    """How often a provider was asked about the same thing and nothing came of it; ``useless``: but a useless answer."""

    failed: int = 0
    useless: int = 0


class CallsEnded(Frozen):
    """A request that ended with its calls, for those who count them."""

    provider: str
    stage: str
    outcome: ShareState
    calls: int
    input_tokens: int = 0
    output_tokens: int = 0
    cost_microunits: int = 0


class Limit(Frozen):
    """What may be spent in a day; None where there is no limit."""

    tokens_per_day: int | None = Field(default=None, ge=0)
    microunits_per_day: int | None = Field(default=None, ge=0)
