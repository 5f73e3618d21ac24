"""When the running attempt was asked for and began, and for whom it asks a provider."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from temporalio import activity

from contracts.asking import Asker
from contracts.stages import Stage, StageTiming


def timing() -> StageTiming:
    """Return the times of the activity that calls this; the first scheduling counts, not the retry's."""
    info = activity.info()
    return StageTiming(scheduled_at=info.scheduled_time, started_at=info.started_time, attempts=info.attempt)


def asker(stage: Stage, tenant_id: UUID, post_id: UUID | None, sha256: str | None = None) -> Asker:
    """Return for whom the running attempt asks a provider, about a post or, where ``sha256`` is given, a file."""
    known = timing()
    return Asker(
        tenant_id=tenant_id, stage=stage, post_id=post_id, sha256=sha256,
        attempt=known.attempts, since=known.scheduled_at,
    )  # fmt: skip


def happened_at() -> datetime:
    """Return the moment that events of this activity carry: the same on every attempt."""
    return activity.info().scheduled_time


def milliseconds_since(start: datetime) -> int:
    """Return the milliseconds between ``start`` and now."""
    return max(0, (datetime.now(UTC) - start) // timedelta(milliseconds=1))
