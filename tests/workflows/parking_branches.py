"""Every branch that waiting for somebody can take, as recipes."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from temporalio.client import WorkflowHandle

from contracts.album import AlbumInput
from contracts.errors import RejectedError
from contracts.post import Decision, Deletion, PostInput, Refresh, Retag
from tests.build import LONG, SHORT, a_channel_photo, a_post, a_timing, an_album_event, an_edit, an_event
from tests.fakes import Weather
from tests.workflows.town import Town, parked, until, within
from workflows.post import PostWorkflow

Handle = WorkflowHandle[Any, Any]
BROKEN = RejectedError("refused")


async def decided(handle: Handle, action: str, **values: Any) -> None:
    await within(handle.execute_update("resolve", Decision(action=action, **values)))


async def parks(town: Town, count: int) -> None:
    """Wait until there were so many parks."""

    async def reached() -> bool:
        return len(town.world.parks.parks) >= count

    await until(reached)


async def ended(handle: Handle) -> Handle:
    await within(handle.result())
    return handle


async def post_parked(town: Town, *stormy: Weather, **values: Any) -> Handle:
    """A post that parks for what is broken."""
    for weather in stormy:
        weather.always = BROKEN
    handle: Handle = await town.start(a_post(town.ref(), **values))
    await parked(handle)
    for weather in stormy:
        weather.always = None
    return handle


async def post_told_beside(town: Town) -> Handle:
    town.world.attach(town.ref(), town.file(), words="афиша концерта")
    handle = await post_parked(town, town.world.tagger.weather, text=SHORT)
    await parks(town, 1)
    await decided(handle, "retry")
    return await ended(handle)


async def post_untold(town: Town) -> Handle:
    handle = await post_parked(town, town.world.log.weather)
    await decided(handle, "retry")
    return await ended(handle)


async def post_gone_on_at_its_end(town: Town) -> Handle:
    town.world.parks.ending.shut()
    handle = await post_parked(town, town.world.vectors.weather)
    await handle.signal("resolve", Decision(action="give-up"))
    await until(town.world.parks.ending.is_waited_at)
    await handle.signal(PostWorkflow.edited, an_event(town.ref(), text=f"{LONG} Исправлено."))
    town.world.parks.ending.open()
    return await ended(handle)


async def post_refused_versions(town: Town) -> Handle:
    town.world.archive.refused = {SHORT}
    handle: Handle = await town.start(a_post(town.ref(), text=SHORT))
    await parked(handle)
    await town.start(a_post(town.ref(), text=LONG))
    await town.told("posts:indexed")
    await parked(handle)
    await decided(handle, "skip", stage="persist")
    return await ended(handle)


async def post_left_out_once(town: Town) -> Handle:
    handle = await post_parked(town, town.world.vectors.weather, town.world.graph.weather)
    town.world.graph.weather.always = BROKEN
    await decided(handle, "skip", stage="vectors")
    await parks(town, 2)
    await parked(handle)
    town.world.graph.weather.always = None
    await handle.signal(PostWorkflow.refresh, Refresh(reason="album", event_id="a"))
    return await ended(handle)


async def post_left_out_before_its_deletion(town: Town) -> Handle:
    handle = await post_parked(town, town.world.vectors.weather, town.world.graph.weather)
    town.world.graph.weather.always = BROKEN
    await decided(handle, "skip", stage="vectors")
    await parks(town, 2)
    await parked(handle)
    town.world.graph.weather.always = None
    await handle.signal(PostWorkflow.deleted, Deletion())
    return await ended(handle)


async def post_tags_left_out(town: Town) -> Handle:
    await town.run(a_post(town.ref()))
    town.world.tagger.weather.always = BROKEN
    handle = await town.start(PostInput(ref=town.ref(), retags=(Retag(event_id="r"),)))
    await parked(handle)
    await decided(handle, "skip", stage="tags")
    return await ended(handle)


async def post_tagged_while_parked(town: Town) -> Handle:
    handle = await post_parked(town, town.world.tagger.weather)
    await within(handle.execute_update("retag_now", Retag(event_id="now")))
    return await ended(handle)


async def post_one_word(town: Town) -> Handle:
    town.world.attach(town.ref(), town.file(), words="афиша концерта")
    town.world.eyes.gate.clear()
    handle: Handle = await town.start(a_post(town.ref(), text=SHORT))

    async def looks() -> bool:
        return town.world.eyes.asked > 0

    await until(looks)
    await handle.signal(PostWorkflow.refresh, Refresh(reason="try", event_id="1"))
    await handle.signal(PostWorkflow.retag, Retag(event_id="1"))
    town.world.eyes.gate.set()
    return await ended(handle)


async def post_deletion_untold(town: Town) -> Handle:
    await town.run(a_post(town.ref()))
    town.world.log.weather.always = BROKEN
    handle = await town.start(PostInput(ref=town.ref(), deletion=Deletion()))
    await parked(handle)
    for number in range(2):
        await town.start(PostInput(ref=town.ref(), event=an_edit(town.ref())))
        await parks(town, 2 + number)
    await parked(handle)
    town.world.log.weather.always = None
    await decided(handle, "retry")
    return await ended(handle)


async def album_refused_announcement(town: Town) -> Handle:
    album = town.album_ref()
    refs = tuple(town.ref(n, grouped_id=album.grouped_id) for n in (1, 2))
    for ref in refs:
        town.world.attach(ref, town.file(str(ref.message_id)), words=f"табличка {ref.message_id}")
        await town.world.archive.save(ref, an_event(ref, text=""), a_timing())
    town.world.albums.refused = {"bad"}
    bad = an_album_event(album, refs, caption_text="bad")
    handle = await town.start_album(AlbumInput(ref=album, event=bad, look_again_seconds=0.2))
    await parked(handle)
    await handle.signal("grown", an_album_event(album, refs))
    await parks(town, 2)
    await parked(handle)
    town.world.albums.refused = set()
    await decided(handle, "retry")
    return await ended(handle)


async def photo_parked_twice(town: Town) -> Handle:
    ref = town.photo_ref()
    town.world.channel_photos.files[ref.photo_id] = town.file()
    town.world.graph.weather.always = BROKEN
    handle = await town.start_photo(a_channel_photo(ref))
    await parked(handle)
    await decided(handle, "retry")
    await parks(town, 2)
    await parked(handle)
    town.world.graph.weather.always = None
    await decided(handle, "retry")
    return await ended(handle)


PARKING: Final[dict[str, Callable[[Town], Awaitable[Handle]]]] = {
    "post_told_beside": post_told_beside,
    "post_untold": post_untold,
    "post_gone_on_at_its_end": post_gone_on_at_its_end,
    "post_refused_versions": post_refused_versions,
    "post_left_out_once": post_left_out_once,
    "post_left_out_before_its_deletion": post_left_out_before_its_deletion,
    "post_tags_left_out": post_tags_left_out,
    "post_tagged_while_parked": post_tagged_while_parked,
    "post_one_word": post_one_word,
    "post_deletion_untold": post_deletion_untold,
    "album_refused_announcement": album_refused_announcement,
    "photo_parked_twice": photo_parked_twice,
}
