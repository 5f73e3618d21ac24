"""Lengths and moments in words that are short enough for a list."""

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


def ahead(moment: datetime, now: datetime) -> str:
    """Return a moment that is to come as people read it: ``2026-03-02 00:00 UTC (in 5 h 3 min)``."""
    at = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{at} (in {lasted(moment - now)})" if moment > now else f"{at} (now)"
