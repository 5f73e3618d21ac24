"""When the running attempt was asked for and began."""

from datetime import UTC, datetime, timedelta

from temporalio import activity

from contracts.stages import StageTiming


def timing() -> StageTiming:
    """Return the times of the activity that calls this; the first scheduling counts, not the retry's."""
    info = activity.info()
    return StageTiming(scheduled_at=info.scheduled_time, started_at=info.started_time, attempts=info.attempt)


def happened_at() -> datetime:
    """Return the moment that events of this activity carry: the same on every attempt."""
    return activity.info().scheduled_time


def milliseconds_since(start: datetime) -> int:
    """Return the milliseconds between ``start`` and now."""
    return max(0, (datetime.now(UTC) - start) // timedelta(milliseconds=1))
