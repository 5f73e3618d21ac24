"""The error tree: may the same call succeed later, and when.

PipelineError
├── UnavailableError          a store or service of ours did not answer; the same call should work later
│   ├── RateLimitedError      … and it told us how long to wait
│   └── BusyError             somebody else is doing this very thing; ask again shortly
└── RejectedError             the input can never be accepted as it is
    └── RefusedError          a link or a picture that will never do as it is; its ``reason`` is the skip's reason
LinkFailedError               (an UnavailableError) a site of somebody else's did not answer
"""

from datetime import timedelta


class PipelineError(Exception):
    """Base of our errors. The class says whether the same call may succeed later."""

    retryable = True
    retry_after: timedelta | None = None


class UnavailableError(PipelineError):
    """A store or service did not answer; the same call should work later."""


class RateLimitedError(UnavailableError):
    """The service told us how long to wait."""

    def __init__(self, message: str, retry_after: timedelta) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class BusyError(UnavailableError):
    """Another caller has claimed the same work; its result can be read soon."""

    def __init__(self, message: str, retry_after: timedelta = timedelta(seconds=2)) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class LinkFailedError(UnavailableError):
    """Somebody else's site did not answer; ``reason`` is what the skip will say when the tries are spent."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


class RejectedError(PipelineError):
    """The input can never be accepted; a human or a new event must change it."""

    retryable = False


class RefusedError(RejectedError):
    """A link or a picture that will never do as it is; ``reason`` is the skip's reason, in snake_case."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason
