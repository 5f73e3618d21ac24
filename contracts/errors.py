"""The error tree: may the same call succeed later, and when.

PipelineError
├── UnavailableError          a store or service did not answer; the same call should work later. ``goes_on_at`` where
│   │                         it is a provider that is only away: nobody has to mend anything
│   ├── RateLimitedError      … and it told us how long to wait
│   ├── BusyError             somebody else is doing this very thing; ask again shortly
│   ├── UnansweredError       the question went out and no answer came: it may have to be paid for
│   ├── UnusableAnswerError   an answer came, in a form that nobody can use
│   └── BrakedError           the provider failed too often: nobody asks it until its brake lets a probe through
├── BudgetExhaustedError      nothing more may be spent until ``goes_on_at``, or until somebody allows more
└── RejectedError             the input can never be accepted as it is
    └── RefusedError          a link, a picture, a text that will never do as it is; ``reason`` is the skip's
LinkFailedError               (an UnavailableError) a site of somebody else's did not answer
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from contracts.asking import Usage

#: What needs a provider that is away goes on after so long, when all retries were in vain.
AWAY: Final = timedelta(minutes=5)


class PipelineError(Exception):
    """Base of our errors. The class says whether the same call may succeed later."""

    retryable = True
    retry_after: timedelta | None = None
    #: When what waits for this goes on by itself; None where a human has to look.
    goes_on_at: datetime | None = None
    #: What the provider counted for its answer, although nothing came of it; None where it gave none.
    usage: Usage | None = None
    #: Whether it may have been billed although nobody knows how much; never so where ``usage`` says how much.
    may_have_cost = False


class UnavailableError(PipelineError):
    """A store or service did not answer; the same call should work later.

    ``is_away`` is said of a provider of somebody else's that will be back: what needs it goes on by itself. What is
    ours, and what only another setting, key or contract would mend, needs a human once the retries are spent.
    """

    def __init__(self, message: str, *, is_away: bool = False) -> None:
        super().__init__(message)
        if is_away:
            self.goes_on_at = datetime.now(UTC) + AWAY


class RateLimitedError(UnavailableError):
    """The service told us how long to wait; what waits goes on by itself after that."""

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after, self.goes_on_at = retry_after, datetime.now(UTC) + retry_after


class BusyError(UnavailableError):
    """Another caller has claimed the same work, or all places are taken; soon that is over by itself."""

    def __init__(self, message: str, retry_after: timedelta = timedelta(seconds=2)) -> None:
        super().__init__(message)
        self.retry_after, self.goes_on_at = retry_after, datetime.now(UTC) + retry_after


class UnansweredError(UnavailableError):
    """The whole question went out and no answer came back: the provider may have done the work, and may bill it."""

    may_have_cost = True

    def __init__(self, message: str) -> None:
        super().__init__(message, is_away=True)


class UnusableAnswerError(UnavailableError):
    """The provider answered in a form that nobody can use; asked again it may do better, and is paid again."""

    may_have_cost = True

    def __init__(self, message: str, usage: Usage | None = None) -> None:
        super().__init__(message, is_away=True)
        self.usage = usage


class BrakedError(UnavailableError):
    """The provider failed several times in a row; it is asked again after ``retry_after``, by one probe first.

    ``goes_on_at`` is None where it failed at what only a human mends: the key, the account.
    """

    retry_after: timedelta

    def __init__(self, message: str, retry_after: timedelta, goes_on_at: datetime | None) -> None:
        super().__init__(message)
        self.retry_after, self.goes_on_at = retry_after, goes_on_at


class BudgetExhaustedError(PipelineError):
    """The tenant's budget is spent until ``goes_on_at``; asking again before then is of no use.

    ``goes_on_at`` is None where one call may take more than the budget of a whole day: then a human has to look.
    ``is_spent`` is False where the rest is only promised to calls under way, which may leave some of it.
    """

    retryable = False

    def __init__(self, message: str, goes_on_at: datetime | None, *, is_spent: bool = True) -> None:
        super().__init__(message)
        self.goes_on_at, self.is_spent = goes_on_at, is_spent


class LinkFailedError(UnavailableError):
    """Somebody else's site did not answer; ``reason`` is what the skip will say when the tries are spent.

    The last of these tries says that: it is not ``retryable``.
    """

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class RejectedError(PipelineError):
    """The input can never be accepted; a human or a new event must change it."""

    retryable = False


class RefusedError(RejectedError):
    """What will never do as it is: a link, a picture, a text; ``reason`` is the skip's reason, in snake_case."""

    def __init__(self, message: str, reason: str, usage: Usage | None = None) -> None:
        super().__init__(message)
        self.reason, self.usage = reason, usage
