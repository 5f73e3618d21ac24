"""How long ago something was, and when, in words that are short enough for a list."""

from datetime import UTC, datetime

from domain.moments import lasted


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """Return how long ago it was, ``?`` where nobody knows."""
    return lasted((now or datetime.now(UTC)) - moment) if moment else "?"


def moment_of(moment: datetime | None) -> str:
    """Return a moment in UTC to the second; empty when there is none."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
