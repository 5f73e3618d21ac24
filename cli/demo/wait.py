"""Waiting until every post, album and picture of a channel is at its end, or can get no further."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from adapters.postgres.reporting import Reports
from adapters.redis_streams.watch import describe
from cli.errors import CommandError
from cli.meter import Meter
from cli.service import Service
from cli.workflow_counts import open_workflows
from contracts.streams import ALBUMS_PARSED, POSTS_PARSED
from starter.starter import GROUP
from workflows.attributes import PARKED

#: Seconds between two looks; looks in a row that must agree; seconds without any movement that are too many.
EVERY: Final = 0.4
AGREEING: Final = 3
PATIENCE: Final = 300.0


@dataclass(frozen=True)
class Look:
    """Where everything is at one moment. ``busy`` workflows do something, ``parked`` ones wait."""

    total: int
    terminal: int
    albums: int
    assembled: int
    channel_pictures: int
    recorded: int
    not_handed_over: int
    unsent: int
    unread: int
    busy: int
    parked: int
    runs: int

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is left that could still move."""
        return not (self.unsent or self.unread or self.not_handed_over or self.busy)

    @property
    def is_finished(self) -> bool:
        """Whether everything is at its end."""
        return self.is_quiet and self.at_end == self.everything and not self.parked

    @property
    def everything(self) -> int:
        """How many posts, albums and channel pictures there are."""
        return self.total + self.albums + self.channel_pictures

    @property
    def at_end(self) -> int:
        """How many of them are at their end."""
        return self.terminal + self.assembled + self.recorded


@dataclass(frozen=True)
class Ending:
    """How the wait ended: all finished, or quiet before that, or nothing moved for too long."""

    look: Look
    timed_out: bool = False


async def until_settled(service: Service, tenant_id: UUID, tg_channel_id: int) -> Ending:
    """Wait with a bar on standard error.

    Raises:
        CommandError: the service ended meanwhile.
    """
    watch = _Watch(service, tenant_id, tg_channel_id)
    with Meter("working") as meter:
        while True:
            if service.failure.done():
                raise CommandError(f"the service ended: {service.failure.result()}")
            look = await watch.look()
            meter.show(look.at_end, look.everything, watch.words(look))
            if ending := watch.ending(look):
                return ending
            await asyncio.sleep(EVERY)


class _Watch:
    def __init__(self, service: Service, tenant_id: UUID, tg_channel_id: int) -> None:
        self._service, self._tenant, self._channel = service, tenant_id, tg_channel_id
        self._reports = Reports(service.stores.pool)
        self._began = self._moved = time.monotonic()
        self._last: Look | None = None
        self._agreeing = 0
        self._first: int | None = None

    async def look(self) -> Look:
        rows: dict[str, Any] = await self._reports.progress(self._tenant, self._channel)
        counts = await open_workflows(self._service.client, str(self._tenant))
        everything = sum(sum(states.values()) for states in counts.values())
        parked = sum(states.get(state, 0) for states in counts.values() for state in PARKED)
        unread = sum([await self._unread(stream) for stream in (POSTS_PARSED, ALBUMS_PARSED)])
        return Look(**rows, unread=unread, busy=everything - parked, parked=parked)

    async def _unread(self, stream: str) -> int:
        info = await describe(self._service.stores.redis, stream)
        ours = [group for group in info.groups if group.name == GROUP]
        return sum((group.lag or 0) + group.pending for group in ours) if ours else info.length

    def words(self, look: Look) -> str:
        """The progress for people, with the rate since the wait began."""
        if self._first is None:
            self._first = look.terminal
        rate = (look.terminal - self._first) / max(time.monotonic() - self._began, 0.1)
        parked = f", {look.parked} parked" if look.parked else ""
        albums = f", {look.assembled} of {look.albums} albums" if look.albums else ""
        return f"{look.terminal} of {look.total} posts{albums}{parked}, {rate:.1f}/s"

    def ending(self, look: Look) -> Ending | None:
        """Return how it ended, None while it goes on; what lists say may lag, so several looks must agree."""
        if look != self._last:
            self._last, self._moved, self._agreeing = look, time.monotonic(), 0
        self._agreeing += 1
        needed = AGREEING if look.is_finished else AGREEING * 5
        if look.is_quiet and self._agreeing >= needed:
            return Ending(look)
        if time.monotonic() - self._moved > PATIENCE:
            return Ending(look, timed_out=True)
        return None
