"""Restoring events that Redis lost: appended again from the outbox, same bytes, same keys, in their order."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Protocol
from uuid import UUID

from temporalio import activity

from contracts.outgoing import Outgoing
from contracts.reconciling import Compared, ComparePart, Difference, Kind
from contracts.restoring import LOOK_BACK, Restored, RestorePart, SentEvent
from domain.reconciling import found

#: Events whose keys are asked for at a time; events whose bytes are held at a time; events that are named.
PART: Final = 1000
BATCH: Final = 100
NAMED: Final = 3


class Sent(Protocol):
    """Every event that was sent."""

    async def first(self, since: datetime) -> int | None: ...

    async def part(
        self, after: int, since: datetime, tenant_id: UUID | None, limit: int
    ) -> list[SentEvent]: ...

    async def events(self, ids: Sequence[int]) -> dict[int, Outgoing]: ...

    async def sent_again(self, ids: Sequence[int], entry_ids: Sequence[str]) -> None: ...


class Streams(Protocol):
    """Where events are appended, each key once; it remembers the keys for longer than the entries."""

    async def knows(self, events: Sequence[tuple[str, str]]) -> list[bool]: ...

    async def append_all(self, events: Sequence[Outgoing]) -> list[str]: ...


class Restorer:
    """Compares the outbox with the streams. Any number may do so at once: a key that is there is appended by nobody."""

    def __init__(self, sent: Sent, streams: Streams) -> None:
        self._sent, self._streams = sent, streams

    async def part(self, ask: RestorePart) -> Restored:
        """Look through one part of what was sent; with ``apply`` append what is lost, oldest first.

        Trimmed entries are not lost: their keys outlive them. The same part again appends nothing.

        Raises:
            UnavailableError: a store did not answer; what was appended stays.
        """
        sent = await self._sent.part(ask.after, ask.since, ask.tenant_id, PART)
        known = await self._streams.knows([(event.stream, event.idempotency_key) for event in sent])
        lost = [event for event, there in zip(sent, known, strict=True) if not there]
        if ask.apply:
            await self._append([event.id for event in lost])
        return Restored(
            looked=len(sent),
            lost=Counter(event.stream for event in lost),
            restored=len(lost) if ask.apply else 0,
            examples=tuple(f"{event.stream} {event.idempotency_key}" for event in lost[:NAMED]),
            after=sent[-1].id if len(sent) == PART else None,
        )

    async def everything(self, since: datetime) -> Counter[str]:
        """Restore what was sent since then and is lost; return how many events of each stream. Raises as ``part``."""
        restored: Counter[str] = Counter()
        first = await self._sent.first(since)
        after = None if first is None else first - 1
        while after is not None:
            part = await self.part(RestorePart(since=since, after=after))
            restored.update(part.lost)
            after = part.after
        return restored

    async def _append(self, ids: Sequence[int]) -> None:
        for start in range(0, len(ids), BATCH):
            events = await self._sent.events(ids[start : start + BATCH])
            entries = await self._streams.append_all(list(events.values()))
            await self._sent.sent_again(list(events), entries)


class RestoreActivities:
    """Compares the outbox with the streams, as a part of reconciling."""

    def __init__(self, restorer: Restorer) -> None:
        self._restorer = restorer

    @activity.defn
    async def compare_events(self, part: ComparePart) -> Compared:
        """Find sent events that Redis lost; with ``apply`` append them again. Idempotent by key."""
        ask = RestorePart(
            since=datetime.now(UTC) - LOOK_BACK,
            after=int(part.after or 0),
            tenant_id=part.tenant_id,
            apply=part.apply,
        )
        seen = await self._restorer.part(ask)
        lost = Difference(
            kind=Kind.EVENTS, count=sum(seen.lost.values()), repaired=seen.restored, examples=seen.examples
        )
        after = None if seen.after is None else str(seen.after)
        return Compared(looked=seen.looked, differences=found(lost), after=after)
