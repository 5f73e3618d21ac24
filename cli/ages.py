"""How long something has lasted, in words that are short enough for a list."""

from datetime import UTC, datetime, timedelta
from typing import Final

from cli.screen import seconds

_LONG: Final = timedelta(days=2)


def lasted(length: timedelta) -> str:
    """Return a length: seconds, minutes, hours, and from two days on days and hours."""
    whole = max(length, timedelta())
    if whole < _LONG:
        return seconds(round(whole.total_seconds()) or 1)
    return f"{whole.days} d {whole.seconds // 3600} h"


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """Return how long ago it was, ``?`` where nobody knows."""
    return lasted((now or datetime.now(UTC)) - moment) if moment else "?"


def moment_of(moment: datetime | None) -> str:
    """Return a moment in UTC to the second; empty when there is none."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
