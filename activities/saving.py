"""Saving what was parsed, and saying what is stale."""

from typing import Protocol

from temporalio import activity

from activities.timing import timing
from contracts.changes import PostEdited
from contracts.events import PostParsed
from contracts.post import GivenUp, PostInput, PostRef, PostState
from contracts.stages import StageTiming
from domain.standards import Standards


class Archive(Protocol):
    """Where posts are kept."""

    async def save(self, ref: PostRef, event: PostParsed, timing: StageTiming) -> None: ...

    async def edit(self, ref: PostRef, edit: PostEdited, timing: StageTiming) -> None: ...

    async def state(self, ref: PostRef, standards: Standards) -> PostState: ...

    async def mark_failed(self, ref: PostRef, reason: str) -> None: ...


class SavingActivities:
    """Puts a post into the archive."""

    def __init__(self, archive: Archive, standards: Standards) -> None:
        self._archive, self._standards = archive, standards

    @activity.defn
    async def persist(self, post: PostInput) -> PostState:
        """Save a version of the post, if there is one, and return what decides which stages are stale.

        Idempotent: the archive merges by (channel, message); the newest version wins in whatever order they come.

        Raises:
            RejectedError: there is no such post and no event to make it from.
        """
        if isinstance(post.event, PostEdited):
            await self._archive.edit(post.ref, post.event, timing())
        elif post.event is not None:
            await self._archive.save(post.ref, post.event, timing())
        return await self._archive.state(post.ref, self._standards)

    @activity.defn
    async def mark_failed(self, failed: GivenUp) -> None:
        """Say in the archive that nobody works on the post any more, and why. Idempotent."""
        await self._archive.mark_failed(failed.ref, failed.reason)
