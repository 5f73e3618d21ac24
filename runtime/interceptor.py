"""Around every activity: our errors become Temporal's, one log line, metrics."""

import time
from collections.abc import Sequence
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    Interceptor,
)

from contracts.errors import BrakedError, BudgetExhaustedError, BusyError, PipelineError, RateLimitedError
from contracts.parking import Parked
from contracts.stages import StageRecord
from runtime import metrics

log = structlog.get_logger(__name__)


class OurInterceptor(Interceptor):
    """Put around the activities of every worker."""

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Return the wrapper."""
        return _AroundActivity(next)


class _AroundActivity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        start = time.perf_counter()
        try:
            result = await super().execute_activity(input)
        except PipelineError as error:
            _count_failure(info.activity_type, error)
            raise _as_temporal(error, info.attempt) from error
        except Exception as error:
            metrics.FAILED.labels(info.activity_type, type(error).__name__).inc()
            log.exception("activity broke")
            raise
        seconds = time.perf_counter() - start
        metrics.SECONDS.labels(info.activity_type).observe(seconds)
        _count(result)
        _count_parks(input.args)
        log.debug("activity done", milliseconds=round(seconds * 1000, 1))
        return result


def _as_temporal(error: PipelineError, attempt: int) -> ApplicationError:
    """Return the engine's error; its details: the skip's reason, the attempt that failed, when it goes on by itself."""
    expected = isinstance(error, BusyError | RateLimitedError | BrakedError | BudgetExhaustedError)
    return ApplicationError(
        str(error),
        getattr(error, "reason", None),
        attempt,
        error.goes_on_at.isoformat() if error.goes_on_at else None,
        type=type(error).__name__,
        non_retryable=not error.retryable,
        next_retry_delay=error.retry_after,
        category=ApplicationErrorCategory.BENIGN if expected else ApplicationErrorCategory.UNSPECIFIED,
    )


def _count_failure(name: str, error: PipelineError) -> None:
    metrics.FAILED.labels(name, type(error).__name__).inc()
    if not isinstance(error, BusyError):
        log.warning(
            "activity failed", error=type(error).__name__, retryable=error.retryable, sentence=str(error)
        )


def _count(result: Any) -> None:
    records = getattr(result, "records", None)
    found = records if isinstance(records, tuple) else (result,)
    for record in found:
        if isinstance(record, StageRecord):
            metrics.STAGES.labels(record.stage, record.outcome, record.reason or "").inc()


def _count_parks(given: Sequence[Any]) -> None:
    """A park that was recorded travels as it is, and counts once; its end travels in an envelope."""
    for park in given:
        if isinstance(park, Parked) and not park.tries:
            metrics.PARKS.labels(park.what, park.problems[0].reason).inc()
