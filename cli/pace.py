"""How fast posts reach their end while somebody watches, and how long the rest will take."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from cli.screen import seconds

#: Seconds that are looked back on.
WINDOW: Final = 30.0
_ENDS: Final = frozenset({"indexed", "skipped", "failed", "deleted"})


class Pace:
    """Compares the figures of now with those of a little while ago."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()

    def look(self, posts: list[dict[str, Any]]) -> str | None:
        """Return posts per second and the time left, None while nothing moves; ``posts`` are rows by state."""
        done = sum(row["posts"] for row in posts if row["state"] in _ENDS)
        left = sum(row["posts"] for row in posts) - done
        now = self._clock()
        self._seen.append((now, done))
        while now - self._seen[0][0] > WINDOW:
            self._seen.popleft()
        began, before = self._seen[0]
        if done <= before or not left:
            return None
        rate = (done - before) / (now - began)
        return f"{rate:.1f} posts/s, {seconds(left / rate)} left"
