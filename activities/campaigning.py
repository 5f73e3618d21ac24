"""Campaigns: what one would do, and one step after another of doing it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final, Protocol, TypeVar
from uuid import UUID

import structlog
from temporalio import activity

from activities.heartbeat import beating
from contracts.campaign import (
    CampaignStep,
    CampaignStepResult,
    Candidate,
    Cursor,
    Estimate,
    EstimateRequest,
    Place,
    Selection,
    Standing,
    Tally,
)
from contracts.errors import RejectedError
from contracts.post import PostRef, PostState
from contracts.stages import Stage
from domain import build
from domain.campaigns import counted
from domain.standards import Standards

#: Posts that are read at once; posts that one step looks through at most; calls to the engine at the same time.
PAGE: Final = 200
SCAN: Final = 2000
AT_ONCE: Final = 10

log = structlog.get_logger(__name__)

Found = tuple[Candidate, tuple[Stage, ...]]
T = TypeVar("T")
R = TypeVar("R")


class Posts(Protocol):
    """The archive, asked for many posts at once."""

    async def page(
        self, selection: Selection, until: datetime, after: Cursor | None, limit: int
    ) -> Sequence[Candidate]: ...

    async def refs(self, tenant_id: UUID, post_ids: Sequence[UUID]) -> dict[UUID, PostRef]: ...

    async def states(
        self, tenant_id: UUID, post_ids: Sequence[UUID], standards: Standards
    ) -> dict[UUID, PostState]: ...


class Workflows(Protocol):
    """Reaches the workflows of posts, also those that have ended."""

    async def tell(self, ref: PostRef, selection: Selection, campaign_id: str) -> None: ...

    async def standing(self, ref: PostRef) -> Standing: ...

    async def room(self) -> int: ...


class CampaignActivities:
    """Finds posts, tells their workflows, and sees how they stand."""

    def __init__(self, posts: Posts, workflows: Workflows, standards: Standards) -> None:
        self._posts, self._workflows, self._standards = posts, workflows, standards

    @activity.defn
    async def estimate_campaign(self, request: EstimateRequest) -> Estimate:
        """Return what a campaign over the selection would do. Reads only."""
        estimate, tags = Estimate(), request.selection.kind == "retag"
        async with beating():
            async for _, found in self._pages(request.selection, request.until, None):
                for post, stages in found:
                    estimate = counted(estimate, post, stages, tags=tags or Stage.TAGS in stages)
        return estimate

    @activity.defn
    async def advance_campaign(self, step: CampaignStep) -> CampaignStepResult:
        """See who came to rest, tell those that wait, as many as rate, window and other work allow, and read ahead.

        Idempotent: who is told was read by an earlier step, so a retry tells the same posts, and a post that is told
        twice by one campaign counts it once (``Retag.event_id``, ``Refresh.event_id``).
        """
        async with beating():
            place, tally = await self._looked(step)
            place, told = await self._told(step, place)
            if not place.exhausted and len(place.waiting) < step.ahead:
                place = await self._read(step, place)
        return CampaignStepResult(place=place, tally=tally.plus(told))

    async def _looked(self, step: CampaignStep) -> tuple[Place, Tally]:
        """Return who is still under way, and how the others ended; a post that is gone is at rest."""
        place = step.place
        refs = await self._posts.refs(step.selection.tenant_id, place.under_way)
        known = dict(zip(refs, await _each(self._workflows.standing, list(refs.values())), strict=True))
        ended = [known.get(id, Standing.AT_REST) for id in place.under_way]
        under_way = tuple(
            id for id, standing in zip(place.under_way, ended, strict=True) if standing is Standing.UNDER_WAY
        )
        tally = Tally(done=ended.count(Standing.AT_REST), parked=ended.count(Standing.PARKED))
        return place.model_copy(update={"under_way": under_way}), tally

    async def _told(self, step: CampaignStep, place: Place) -> tuple[Place, Tally]:
        """Tell those that wait; return who is under way now, and how many could not be told or are gone."""
        due = place.waiting[: await self._may_tell(step, place)]
        refs = await self._posts.refs(step.selection.tenant_id, due)

        async def tell(id: UUID) -> bool:
            try:
                await self._workflows.tell(refs[id], step.selection, step.campaign_id)
            except RejectedError as error:
                log.warning("post cannot be told", post=str(id), error=str(error))
                return False
            return True

        there = [id for id in due if id in refs]
        took = await _each(tell, there)
        told = tuple(id for id, well in zip(there, took, strict=True) if well)
        moved = {"waiting": place.waiting[len(due) :], "under_way": (*place.under_way, *told)}
        tally = Tally(told=len(told), done=len(due) - len(there), parked=len(there) - len(told))
        return place.model_copy(update=moved), tally

    async def _may_tell(self, step: CampaignStep, place: Place) -> int:
        """Return how many may be told now. Other work comes first, but one post at a time goes on beside it."""
        free = min(step.may_tell, step.window - len(place.under_way), len(place.waiting))
        if free <= 0:
            return 0
        return min(free, max(await self._workflows.room(), 0 if place.under_way else 1))

    async def _read(self, step: CampaignStep, place: Place) -> Place:
        """Return the place with posts that wait to be told next, and how far the archive was read for them."""
        waiting, cursor, seen = [*place.waiting], place.cursor, 0
        async for page, found in self._pages(step.selection, step.until, place.cursor):
            for post, _ in found:
                waiting.append(post.post_id)
                cursor = post.cursor
                if len(waiting) >= step.ahead:
                    return place.model_copy(update={"waiting": tuple(waiting), "cursor": cursor})
            cursor, seen = page[-1].cursor, seen + len(page)
            if seen >= SCAN:
                return place.model_copy(update={"waiting": tuple(waiting), "cursor": cursor})
        return place.model_copy(update={"waiting": tuple(waiting), "cursor": cursor, "exhausted": True})

    async def _pages(
        self, selection: Selection, until: datetime, after: Cursor | None
    ) -> AsyncIterator[tuple[Sequence[Candidate], Sequence[Found]]]:
        """Yield page after page what the archive finds, and those of it that belong to the selection."""
        while page := await self._posts.page(selection, until, after, PAGE):
            yield page, await self._belonging(selection, page)
            after = page[-1].cursor

    async def _belonging(self, selection: Selection, page: Sequence[Candidate]) -> Sequence[Found]:
        parked = await self._parked(selection, [post.post_id for post in page if not post.sure])
        posts = [post for post in page if post.sure or post.post_id in parked]
        if selection.kind != "stale":
            return [(post, ()) for post in posts]
        ids = [post.post_id for post in posts]
        states = await self._posts.states(selection.tenant_id, ids, self._standards)
        stale = {id: build.stale_stages(state) for id, state in states.items()}
        return [(post, stale[post.post_id]) for post in posts if stale.get(post.post_id)]

    async def _parked(self, selection: Selection, doubtful: Sequence[UUID]) -> frozenset[UUID]:
        """Return those whose workflows are parked."""
        refs = await self._posts.refs(selection.tenant_id, doubtful) if doubtful else {}
        standings = await _each(self._workflows.standing, list(refs.values()))
        return frozenset(
            id for id, standing in zip(refs, standings, strict=True) if standing is Standing.PARKED
        )


async def _each(work: Callable[[T], Awaitable[R]], items: Sequence[T]) -> list[R]:
    """Return what ``work`` gives for each item, in order; a few at the same time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> R:
        async with gate:
            return await work(item)

    return list(await asyncio.gather(*(one(item) for item in items)))
