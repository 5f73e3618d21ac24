"""How long something has lasted, in words that are short enough for a list."""

from datetime import UTC, datetime, timedelta
from typing import Final

_LONG: Final = timedelta(days=2)


def lasted(length: timedelta) -> str:
    """Return a length in its two largest units: seconds, minutes, hours, and from two days on days and hours."""
    whole = max(int(length.total_seconds()), 0)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min {rest} s" if minutes < 10 else f"{minutes} min"
    return f"{hours} h {minutes} min" if length < _LONG else f"{hours // 24} d {hours % 24} h"


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """Return how long ago it was, ``?`` where nobody knows."""
    return lasted((now or datetime.now(UTC)) - moment) if moment else "?"


def moment_of(moment: datetime | None) -> str:
    """Return a moment in UTC to the second; empty when there is none."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if moment else ""
