"""Starting again what ended before it was done: given up, parked for too long, or terminated."""

from typing import Protocol
from uuid import UUID

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecutionDescription, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from adapters.postgres.finding import Known
from contracts.album import AlbumInput, AlbumRef
from contracts.channel_photo import ChannelPhotoInput, ChannelPhotoRef
from contracts.errors import RejectedError, UnavailableError
from contracts.identity import WorkflowName, workflow_name
from contracts.post import Deletion, PostInput, Refresh
from workflows.starting import (
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


class Parks(Protocol):
    """The record of parks."""

    async def close(self, workflow_id: str, run_id: str, woken_by: str, by: str) -> None: ...


#: What is written of a park that its workflow left open.
WOKEN_BY = "restart"


class Restarts:
    """What the archive has is looked at again; what it never got begins as its last run began."""

    def __init__(self, client: Client, archive: Archive, parks: Parks) -> None:
        self._client, self._archive, self._parks = client, archive, parks

    async def restart(self, workflow_id: str, by: str) -> None:
        """Start the workflow again. Idempotent: one that runs already only looks again.

        Raises:
            EndedWellError: it ended well meanwhile.
            RejectedError: it is no workflow of ours, or nothing is known of it any more.
            UnavailableError: the engine does not answer.
        """
        name = workflow_name(workflow_id)
        if name is None:
            raise RejectedError(f"{workflow_id} is no workflow of a post, an album or a channel picture")
        try:
            last = await self._last(workflow_id)
            if last and last.status is WorkflowExecutionStatus.COMPLETED:
                raise EndedWellError("nothing is stuck: its workflow has ended well")
            if not (await self._begin(name, last) or (last and await self._as_before(name, last))):
                raise RejectedError("neither the archive nor the engine knows anything of it any more")
        except (RPCError, RaceError) as error:
            raise UnavailableError(f"Temporal does not take it: {error}") from error
        if last and last.run_id:
            await self._parks.close(workflow_id, last.run_id, WOKEN_BY, by)

    async def _last(self, workflow_id: str) -> WorkflowExecutionDescription | None:
        try:
            return await self._client.get_workflow_handle(workflow_id).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise

    async def _begin(self, name: WorkflowName, last: WorkflowExecutionDescription | None) -> bool:
        """Whether the archive has it, and it was started."""
        match name.kind:
            case "post":
                why = Refresh(reason="started again", event_id=f"restart:{last.run_id if last else ''}")
                return await self._post(name, why)
            case "album":
                album = await self._archive.album(name.tenant_id, name.tg_channel_id, name.number)
                if album:
                    await refresh_album(self._client, album)
                return album is not None
            case "channel-photo":
                photo = await self._archive.channel_photo(name.tenant_id, name.tg_channel_id, name.number)
                if photo:
                    await start_channel_photo(self._client, ChannelPhotoInput(ref=photo))
                return photo is not None

    async def _post(self, name: WorkflowName, why: Refresh) -> bool:
        found = await self._archive.by_message(str(name.tg_channel_id), name.number, name.tenant_id)
        known = [post for post in found if post.kind != "unknown"]
        for post in known:
            if post.deletion:
                wish = PostInput(ref=post.ref, deletion=Deletion(reason=post.deletion))
                await start_post(self._client, wish)
            else:
                await refresh_post(self._client, post.ref, why)
        return bool(known)

    async def _as_before(self, name: WorkflowName, last: WorkflowExecutionDescription) -> bool:
        """Begin as the last run began, which is all that is left of what never got into the archive."""
        first = await _first_event(self._client, last)
        given = first.workflow_execution_started_event_attributes.input.payloads if first else []
        if not given:
            return False
        match name.kind:
            case "post":
                [post] = await self._client.data_converter.decode(given, [PostInput])
                await start_post(self._client, post.model_copy(update={"parked_until": None, "skipped": ()}))
            case "album":
                [album] = await self._client.data_converter.decode(given, [AlbumInput])
                await start_album(self._client, album.model_copy(update={"parked_until": None}))
            case "channel-photo":
                return False  # it is in the archive before it is started
        return True


async def _first_event(client: Client, run: WorkflowExecutionDescription) -> HistoryEvent | None:
    handle = client.get_workflow_handle(run.id, run_id=run.run_id)
    async for event in handle.fetch_history_events(page_size=1):
        return event
    return None
