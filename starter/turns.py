"""Turns: entries wait here by tenant, so that nobody's backlog is ahead of everybody."""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final

from adapters.redis_streams.reader import Entry
from contracts.encoding import decode
from contracts.errors import RejectedError

#: Entries and bytes that may wait here; what is beyond waits on the stream, in order of arrival.
WINDOW: Final = 500
WINDOW_BYTES: Final = 16_000_000


class Turns:
    """Entries that were read and not yet taken care of: within a tenant in order, tenants in turn.

    They stay unacknowledged, so a starter that dies reads them again. An entry that waits already is not added again.
    """

    def __init__(self, window: int = WINDOW, window_bytes: int = WINDOW_BYTES) -> None:
        self._window, self._window_bytes = window, window_bytes
        self._waiting: dict[str, deque[Entry]] = {}
        self._sizes: dict[str, int] = {}

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._sizes)

    @property
    def room(self) -> int:
        """How many more may wait; 0 when those that do are many or large."""
        return self._window - len(self) if sum(self._sizes.values()) < self._window_bytes else 0

    def add(self, entries: Iterable[Entry]) -> None:
        """Have entries wait for their tenant's turn."""
        for entry in entries:
            if entry.id not in self._sizes:
                self._sizes[entry.id] = sum(map(len, entry.fields.values()))
                self._waiting.setdefault(_tenant_of(entry.fields), deque()).append(entry)

    def take(self, count: int) -> list[Entry]:
        """Return the next ``count``: one of each tenant, again and again; who was served goes to the end."""
        taken: list[Entry] = []
        while self._waiting and len(taken) < count:
            tenant = next(iter(self._waiting))
            entries = self._waiting.pop(tenant)
            taken.append(entries.popleft())
            if entries:
                self._waiting[tenant] = entries
        for entry in taken:
            del self._sizes[entry.id]
        return taken


def _tenant_of(fields: Mapping[str, str]) -> str:
    """Return whose an entry says it is; what says nothing waits together."""
    try:
        return str(decode(fields).get("tenant_id"))
    except RejectedError:
        return ""
