"""Saving what was parsed, and saying what is stale."""

from typing import Protocol

from temporalio import activity

from activities.timing import timing
from contracts.commit import StageCommit
from contracts.events import PostParsed
from contracts.identity import digest
from contracts.post import PostInput, PostRef, PostState, Versions
from contracts.stages import Outcome, Stage, StageRecord


class Archive(Protocol):
    """Where posts are kept."""

    async def save(self, ref: PostRef, event: PostParsed) -> None: ...

    async def state(self, ref: PostRef, versions: Versions) -> PostState: ...


class Records(Protocol):
    """Where stages leave what they did."""

    async def commit(self, *commits: StageCommit) -> None: ...


class SavingActivities:
    """Puts a post into the archive."""

    def __init__(self, archive: Archive, records: Records, versions: Versions) -> None:
        self._archive, self._records, self._versions = archive, records, versions

    @activity.defn
    async def persist(self, post: PostInput) -> PostState:
        """Save the post's event, if there is one, and return what decides which stages are stale.

        Idempotent: the archive merges by (channel, message).

        Raises:
            RejectedError: there is no such post and no event to make it from.
        """
        if post.event is None:
            return await self._archive.state(post.ref, self._versions)
        await self._archive.save(post.ref, post.event)
        state = await self._archive.state(post.ref, self._versions)
        record = StageRecord(
            stage=Stage.PERSIST, fingerprint=digest(state.content_hash), outcome=Outcome.DONE
        )
        await self._records.commit(StageCommit(ref=state.ref, record=record, timing=timing()))
        return state
