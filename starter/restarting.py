"""Starting again what ended before it was done: given up, parked for too long, or terminated."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError

from activities.leftovers import Leftovers
from adapters.postgres.finding import Known
from contracts.album import AlbumRef
from contracts.channel_photo import ChannelPhotoInput, ChannelPhotoRef
from contracts.errors import RejectedError, UnavailableError
from contracts.identity import WorkflowName, workflow_name
from contracts.post import Deletion, PostInput, Refresh
from starter.last_run import given_to_album, given_to_post, in_order, last_run
from workflows.starting import (
    TOGETHER,
    refresh_album,
    refresh_post,
    start_album,
    start_channel_photo,
    start_post,
)
from workflows.telling import RaceError


class EndedWellError(RejectedError):
    """There is nothing to start again."""


class Archive(Protocol):
    """Finds what a workflow's id names."""

    async def by_message(self, channel: str, message_id: int, tenant_id: UUID | None) -> list[Known]: ...

    async def album(self, tenant_id: UUID, tg_channel_id: int, grouped_id: int) -> AlbumRef | None: ...

    async def channel_photo(
        self, tenant_id: UUID, tg_channel_id: int, message_id: int
    ) -> ChannelPhotoRef | None: ...


#: What is written of a park that its workflow left open.
WOKEN_BY = "restart"


class Restarts:
    """Begins with what the archive may not have (a version, a deletion); without that it only looks again."""

    def __init__(self, client: Client, archive: Archive, leftovers: Leftovers) -> None:
        self._client, self._archive, self._leftovers = client, archive, leftovers

    async def restart(self, workflow_id: str, by: str, kept: PostInput | None = None) -> None:
        """Start the workflow again, with what a dead letter ``kept``. Idempotent: one that runs only looks again.

        What earlier runs left open is closed.

        Raises:
            EndedWellError: it ended well meanwhile, and nothing was kept of what it was told before.
            RejectedError: it is no workflow of ours, or nothing is known of it any more.
            UnavailableError: the engine, the archive or Redis does not answer.
        """
        name = workflow_name(workflow_id)
        if name is None:
            raise RejectedError(f"{workflow_id} is no workflow of a post, an album or a channel picture")
        left = await self._leftovers.of(workflow_id)
        letters = [letter.unsaved for letter in left.letters if letter.unsaved]
        letters += [kept] if kept and kept not in letters else []
        unsaved = [wish for letter in letters for wish in in_order(letter)]
        try:
            last = await last_run(self._client, workflow_id)
            if not await self._begin(name, last, unsaved):
                raise RejectedError("neither the archive nor the engine knows anything of it any more")
        except EndedWellError:
            await self._leftovers.close(left, WOKEN_BY, by)
            raise
        except (RPCError, RaceError) as error:
            raise UnavailableError(f"Temporal does not take it: {error}") from error
        await self._leftovers.close(left, WOKEN_BY, by)

    async def hand_over(self, workflow_id: str, key: str, kept: PostInput | None) -> None:
        """Give an open workflow what a letter of it ``kept``; the letter of that key is needed no more.

        Raises:
            UnavailableError: the engine or the archive does not answer.
        """
        try:
            for wish in in_order(kept) if kept else ():
                await start_post(self._client, wish)
        except (RPCError, RaceError) as error:
            raise UnavailableError(f"Temporal does not take it: {error}") from error
        await self._leftovers.forget(workflow_id, key)

    async def _begin(
        self, name: WorkflowName, last: WorkflowExecutionDescription | None, unsaved: Sequence[PostInput]
    ) -> bool:
        """Whether something is known of it, and it was started."""
        match name.kind:
            case "post":
                return await self._post(name, last, unsaved)
            case "album":
                return await self._album(name, _unfinished(last))
            case "channel-photo":  # it is in the archive before it is started
                _unfinished(last)
                photo = await self._archive.channel_photo(name.tenant_id, name.tg_channel_id, name.number)
                if photo:
                    await start_channel_photo(self._client, ChannelPhotoInput(ref=photo))
                return photo is not None

    async def _post(
        self, name: WorkflowName, last: WorkflowExecutionDescription | None, unsaved: Sequence[PostInput]
    ) -> bool:
        found = await self._archive.by_message(str(name.tg_channel_id), name.number, name.tenant_id)
        known = [post for post in found if post.kind != "unknown"]
        wishes = await self._wishes(known, last, unsaved)
        for wish in wishes:
            await start_post(self._client, wish)
        if wishes:
            return True
        run = _unfinished(last)
        why = Refresh(reason="started again", event_id=f"restart:{run.run_id if run else ''}")
        for post in known:
            await refresh_post(self._client, post.ref, why)
        return bool(known)

    async def _wishes(
        self, known: Sequence[Known], last: WorkflowExecutionDescription | None, unsaved: Sequence[PostInput]
    ) -> list[PostInput]:
        """What was asked for and may not have been done. A deletion is all that counts."""
        pending = [PostInput(ref=p.ref, deletion=Deletion(reason=p.deletion)) for p in known if p.deletion]
        if pending:
            return pending
        given = await given_to_post(self._client, last) if last and not _is_well(last) else []
        wishes = (*given, *unsaved)
        return [wish for wish in wishes if wish.event or wish.deletion or wish.retag or wish.retags]

    async def _album(self, name: WorkflowName, last: WorkflowExecutionDescription | None) -> bool:
        album = await self._archive.album(name.tenant_id, name.tg_channel_id, name.number)
        given = await given_to_album(self._client, last) if last else []
        wishes = [wish for wish in given if wish.event]
        for wish in wishes:
            patience = {"deadline_seconds": TOGETHER} if album else {}
            await start_album(self._client, wish.model_copy(update=patience))
        if album and not wishes:
            await refresh_album(self._client, album)
        return bool(wishes or album)


def _is_well(run: WorkflowExecutionDescription | None) -> bool:
    return run is not None and run.status is WorkflowExecutionStatus.COMPLETED


def _unfinished(run: WorkflowExecutionDescription | None) -> WorkflowExecutionDescription | None:
    """Return the run as it was given; raise EndedWellError when there is nothing left of it to do."""
    if _is_well(run):
        raise EndedWellError("nothing is stuck: its workflow has ended well")
    return run
