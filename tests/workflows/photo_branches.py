"""Every branch that the workflow of a channel's picture can take, as recipes."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from temporalio.client import WorkflowFailureError, WorkflowHandle

from contracts.errors import RejectedError
from contracts.post import Decision
from tests.build import a_channel_photo
from tests.workflows.town import Town, parked, until, within
from workflows.channel_photo import ChannelPhotoWorkflow

Handle = WorkflowHandle[Any, Any]
BROKEN = RejectedError("refused")


async def done(town: Town, **file: Any) -> Handle:
    ref = town.photo_ref()
    town.world.channel_photos.files[ref.photo_id] = town.file(**file)
    await town.run_photo(a_channel_photo(ref))
    return town.client.get_workflow_handle(ref.workflow_id)


async def parked_photo(town: Town, action: str, **values: Any) -> Handle:
    ref = town.photo_ref()
    town.world.channel_photos.files[ref.photo_id] = town.file()
    town.world.eyes.weather.always = BROKEN
    handle = await town.start_photo(a_channel_photo(ref, **values))
    if action:
        await parked(handle)
        town.world.eyes.weather.always = None
        await handle.signal(ChannelPhotoWorkflow.resolve, Decision(action=action))
    with suppress(WorkflowFailureError):
        await within(handle.result())
    return handle


async def unrecorded(town: Town) -> Handle:
    ref = town.photo_ref()
    town.world.channel_photos.files[ref.photo_id] = town.file()
    town.world.graph.weather.always = BROKEN
    handle = await town.start_photo(a_channel_photo(ref))
    await parked(handle)
    town.world.graph.weather.always = None
    await handle.signal(ChannelPhotoWorkflow.resolve, Decision(action="retry"))
    await within(handle.result())
    return handle


async def refreshed(town: Town) -> Handle:
    ref = town.photo_ref()
    town.world.channel_photos.files[ref.photo_id] = town.file()
    town.world.eyes.gate.clear()
    handle = await town.start_photo(a_channel_photo(ref))

    async def looks() -> bool:
        return town.world.eyes.asked > 0

    await until(looks)
    await handle.signal(ChannelPhotoWorkflow.refresh)
    town.world.eyes.gate.set()
    await within(handle.result())
    return handle


PHOTOS: Final[dict[str, Callable[[Town], Awaitable[Handle]]]] = {
    "photo_done": done,
    "photo_missing": lambda town: done(town, object_key=None, missing="not_included"),
    "photo_parked_retry": lambda town: parked_photo(town, "retry"),
    "photo_parked_gives_up": lambda town: parked_photo(town, "give-up"),
    "photo_parked_too_long": lambda town: parked_photo(town, "", park_seconds=0.2),
    "photo_unrecorded": unrecorded,
    "photo_refreshed": refreshed,
}
