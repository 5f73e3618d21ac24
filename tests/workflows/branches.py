"""Every branch that a workflow can take, as a recipe: what happens, and the run whose history shows it."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

from temporalio.client import WorkflowFailureError, WorkflowHandle, WorkflowUpdateStage

from contracts.errors import LinkFailedError, RejectedError, UnavailableError
from contracts.post import Decision, Deletion, PostInput, PostRef, Refresh, Retag
from tests.build import (
    LONG,
    MOMENT,
    SHORT,
    a_post,
    a_timing,
    an_album,
    an_album_event,
    an_edit,
    an_event,
)
from tests.workflows.campaign_branches import CAMPAIGNS
from tests.workflows.deferring_branches import DEFERRING
from tests.workflows.parking_branches import PARKING
from tests.workflows.photo_branches import PHOTOS
from tests.workflows.reconcile_branches import RECONCILING
from tests.workflows.town import Town, parked, until, within
from workflows.album import AlbumWorkflow
from workflows.attributes import STATE, WAITING
from workflows.campaigning import retag_post
from workflows.post import PostWorkflow

Handle = WorkflowHandle[Any, Any]
LINK = "https://example.org/a"
#: Long enough to be tagged, with room for more tags.
WEATHER = "Утром дождь, днём солнце, а под вечер ветер с моря, и так всю эту неделю до субботы."
BROKEN = RejectedError("refused")


async def _ran(town: Town, **values: Any) -> Handle:
    post = a_post(town.ref(), **values)
    await town.run(post)
    return town.post(post.ref)


async def post_picture(town: Town, text: str) -> Handle:
    town.world.attach(town.ref(), town.file(), words="расписание трамвая")
    town.world.eyes.gate.clear()
    handle = await town.start(a_post(town.ref(), text=text))
    if text == WEATHER:
        await town.told("posts:tagged")
    town.world.eyes.gate.set()
    await within(town.wait(handle))
    return handle


async def post_link_fails(town: Town) -> Handle:
    town.world.web.broken[LINK] = LinkFailedError("no answer", "timeout")
    return await _ran(town, urls=(LINK,))


async def post_nothing_stale(town: Town) -> Handle:
    await _ran(town)
    return await _ran(town)


async def post_parked(town: Town, action: str) -> Handle:
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(a_post(town.ref()))
    await parked(handle)
    town.world.vectors.weather.always = None if action == "retry" else BROKEN
    await handle.signal(PostWorkflow.resolve, Decision(action=action))
    with suppress(WorkflowFailureError):
        await within(town.wait(handle))
    return handle


async def post_parked_too_long(town: Town) -> Handle:
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(a_post(town.ref(), park_seconds=0.2))
    with suppress(WorkflowFailureError):
        await within(town.wait(handle))
    return handle


async def post_vision_fails(town: Town) -> Handle:
    town.world.attach(town.ref(), town.file(), words="афиша")
    town.world.eyes.weather.always = BROKEN
    handle = await town.start(a_post(town.ref()))
    await parked(handle)
    town.world.eyes.weather.always = None
    await handle.signal(PostWorkflow.resolve, Decision(action="retry"))
    await within(town.wait(handle))
    return handle


async def post_signalled(town: Town, send: Callable[[Handle], Awaitable[None]]) -> Handle:
    town.world.attach(town.ref(), town.file(), words="афиша концерта")
    town.world.eyes.gate.clear()
    handle = await town.start(a_post(town.ref(), text=SHORT))

    async def looks() -> bool:
        return town.world.eyes.asked > 0

    await until(looks)
    await send(handle)
    town.world.eyes.gate.set()
    await within(town.wait(handle))
    return handle


async def arrived_items(town: Town, count: int) -> tuple[PostRef, ...]:
    """An album's items that are all there."""
    return await _items(town, count, count)


async def _items(town: Town, count: int, arrived: int) -> tuple[PostRef, ...]:
    refs = tuple(town.ref(n, grouped_id=town.album_ref().grouped_id) for n in range(1, count + 1))
    for ref in refs:
        town.world.attach(ref, town.file(str(ref.message_id)), words=f"табличка {ref.message_id}")
    await _arrive(town, *refs[:arrived])
    return refs


async def _arrive(town: Town, *refs: PostRef) -> None:
    for ref in refs:
        await town.world.archive.save(ref, an_event(ref, text=""), a_timing())


async def album(town: Town, count: int = 3, arrived: int = 3, again: int = 0) -> Handle:
    refs = await _items(town, count, arrived)
    for _ in range(1 + again):
        await town.run_album(an_album(town.album_ref(), refs, deadline_seconds=0.5))
    return town.client.get_workflow_handle(town.album_ref().workflow_id)


async def album_late(town: Town) -> Handle:
    refs = await _items(town, 2, 1)
    handle = await town.start_album(an_album(town.album_ref(), refs))

    async def waits() -> bool:
        return (await handle.describe()).typed_search_attributes.get(STATE) == WAITING

    await until(waits)
    await _arrive(town, refs[1])
    await within(handle.result())
    return handle


async def album_blind(town: Town) -> Handle:
    town.world.eyes.weather.coming = [BROKEN]
    return await album(town)


async def album_grown(town: Town) -> Handle:
    refs = await _items(town, 3, 3)
    town.world.eyes.gate.clear()
    handle = await town.start_album(an_album(town.album_ref(), refs[:2]))

    async def looks() -> bool:
        return town.world.eyes.asked > 0

    await until(looks)
    await handle.signal(AlbumWorkflow.grown, an_album_event(town.album_ref(), refs))
    town.world.eyes.gate.set()
    await within(handle.result())
    return handle


async def post_deleted(town: Town) -> Handle:
    await _ran(town)
    await town.run(PostInput(ref=town.ref(), deletion=Deletion()))
    return town.post(town.ref())


async def post_deleted_stuck(town: Town) -> Handle:
    await _ran(town)
    town.world.vectors.weather.always = BROKEN
    handle = await town.start(PostInput(ref=town.ref(), deletion=Deletion()))
    await parked(handle)
    town.world.vectors.weather.always = None
    await handle.signal(PostWorkflow.resolve, Decision(action="retry"))
    await within(town.wait(handle))
    return handle


async def post_early_edit(town: Town) -> Handle:
    await town.run(PostInput(ref=town.ref(), event=an_edit(town.ref())))
    return town.post(town.ref())


async def post_parked_refused(town: Town) -> Handle:
    town.world.tagger.weather.always = BROKEN
    handle = await town.start(a_post(town.ref()))
    await parked(handle)
    await handle.signal(PostWorkflow.resolve, Decision(action="explode"))
    town.world.tagger.weather.always = None
    await within(handle.execute_update("resolve", Decision(action="retry")))
    await within(town.wait(handle))
    return handle


async def post_woken_by_edits(town: Town) -> Handle:
    town.world.tagger.weather.always = BROKEN
    handle = await town.start(a_post(town.ref()))
    await parked(handle)
    town.world.tagger.weather.always = None
    town.world.archive.weather.coming = [UnavailableError("one moment")]
    for hours in (1, 2):
        edit = an_edit(town.ref(), edited_at=MOMENT + timedelta(hours=hours))
        await town.start(PostInput(ref=town.ref(), event=edit))
    await within(town.wait(handle))
    return handle


async def post_tagged_now(town: Town) -> Handle:
    async def send(handle: Handle) -> None:
        await handle.start_update(
            "retag_now", Retag(event_id="now"), wait_for_stage=WorkflowUpdateStage.ACCEPTED
        )

    return await post_signalled(town, send)


async def album_item_deleted(town: Town) -> Handle:
    refs = await _items(town, 2, 2)
    await town.run_album(an_album(town.album_ref(), refs))
    await town.run(PostInput(ref=refs[1], deletion=Deletion()))
    return await _album_of(town)


async def album_dissolved(town: Town) -> Handle:
    refs = await _items(town, 1, 1)
    await town.run_album(an_album(town.album_ref(), refs))
    await town.run(PostInput(ref=refs[0], deletion=Deletion()))
    return await _album_of(town)


async def album_parked(town: Town) -> Handle:
    refs = await _items(town, 2, 2)
    town.world.graph.weather.always = BROKEN
    handle = await town.start_album(an_album(town.album_ref(), refs))
    await parked(handle)
    town.world.graph.weather.always = None
    await within(handle.execute_update("resolve", Decision(action="retry")))
    await within(handle.result())
    return handle


async def _album_of(town: Town) -> Handle:
    handle = town.client.get_workflow_handle(town.album_ref().workflow_id)
    await within(handle.result())
    return handle


async def post_retagged(town: Town) -> Handle:
    await _ran(town)
    await retag_post(town.client, town.ref(), Retag(event_id="r1"))
    handle = town.post(town.ref())
    await within(town.wait(handle))
    return handle


async def _two_retags(handle: Handle) -> None:
    for name in ("r1", "r2"):
        await handle.signal("retag", Retag(event_id=name))


def _edit(handle: Handle) -> Awaitable[None]:
    return handle.signal("edited", an_event(text=LONG))


ALL: Final[dict[str, Callable[[Town], Awaitable[Handle]]]] = {
    "post_text": _ran,
    "post_nothing": lambda town: _ran(town, text=""),
    "post_picture_short": lambda town: post_picture(town, SHORT),
    "post_picture_retag": lambda town: post_picture(town, WEATHER),
    "post_links": lambda town: _ran(town, urls=(LINK, f"{LINK}b")),
    "post_link_fails": post_link_fails,
    "post_parked_retry": lambda town: post_parked(town, "retry"),
    "post_parked_skip": lambda town: post_parked(town, "skip"),
    "post_parked_gives_up": lambda town: post_parked(town, "give-up"),
    "post_parked_too_long": post_parked_too_long,
    "post_vision_fails": post_vision_fails,
    "post_edited": lambda town: post_signalled(town, _edit),
    "post_retag": lambda town: post_signalled(
        town, lambda handle: handle.signal("retag", Retag(event_id="r1"))
    ),
    "post_refreshed": lambda town: post_signalled(
        town, lambda handle: handle.signal("refresh", Refresh(reason="album", event_id="a"))
    ),
    "post_nothing_stale": post_nothing_stale,
    "post_deleted": post_deleted,
    "post_deleted_stuck": post_deleted_stuck,
    "post_deleted_meanwhile": lambda town: post_signalled(
        town, lambda handle: handle.signal("deleted", Deletion())
    ),
    "post_early_edit": post_early_edit,
    "post_parked_refused": post_parked_refused,
    "post_parked_kept": lambda town: post_parked(town, "skip"),
    "post_given_up_kept": lambda town: post_parked(town, "give-up"),
    "post_woken_by_edits": post_woken_by_edits,
    "post_tagged_now": post_tagged_now,
    "post_retag_at_start": post_retagged,
    "post_retags": lambda town: post_signalled(town, _two_retags),
    "album_complete": album,
    "album_late": album_late,
    "album_partial": lambda town: album(town, arrived=2),
    "album_blind": album_blind,
    "album_grown": album_grown,
    "album_item_deleted": album_item_deleted,
    "album_dissolved": album_dissolved,
    "album_parked": album_parked,
    "album_unchanged": lambda town: album(town, again=1),
    **PHOTOS,
    **PARKING,
    **CAMPAIGNS,
    **RECONCILING,
    **DEFERRING,
}
