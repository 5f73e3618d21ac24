"""Every branch of what waits for a known moment, as recipes."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from temporalio.client import WorkflowFailureError, WorkflowHandle

from contracts.errors import (
    BrakedError,
    BudgetExhaustedError,
    PipelineError,
    RejectedError,
    UnavailableError,
)
from contracts.post import Decision
from tests.build import LONG, a_channel_photo, a_post, an_album
from tests.workflows.impatient import another_run
from tests.workflows.town import Town, parked, until, within
from workflows.attributes import DEFERRED

Handle = WorkflowHandle[Any, Any]
BROKEN = RejectedError("refused")
LINK = "https://example.org/a"


def spent(seconds: float) -> BudgetExhaustedError:
    return BudgetExhaustedError("spent", datetime.now(UTC) + timedelta(seconds=seconds))


async def _waiting_post(town: Town, error: PipelineError, **values: Any) -> Handle:
    town.world.attach(town.ref(), town.file(), words="афиша")
    town.world.eyes.weather.always = error
    return await town.start(a_post(town.ref(), text=LONG, **values))


async def _tried(town: Town, times: int = 1) -> None:
    async def often_enough() -> bool:
        return town.world.parks.tries.total() >= times

    await until(often_enough)


async def _ended(town: Town, handle: Handle) -> Handle:
    with suppress(WorkflowFailureError):
        await within(town.wait(handle))
    return handle


async def post_deferred(town: Town) -> Handle:
    handle = await _waiting_post(town, spent(0.5))
    await parked(handle, DEFERRED)
    town.world.eyes.weather.always = None
    return await _ended(town, handle)


async def post_deferred_again(town: Town) -> Handle:
    handle = await _waiting_post(town, spent(0))
    await _tried(town, 2)
    town.world.eyes.weather.always = None
    return await _ended(town, handle)


async def post_deferred_retry(town: Town) -> Handle:
    handle = await _waiting_post(town, spent(3600))
    await parked(handle, DEFERRED)
    town.world.eyes.weather.always = None
    await handle.execute_update("resolve", Decision(action="retry"))
    return await _ended(town, handle)


async def post_deferred_gives_up(town: Town) -> Handle:
    handle = await _waiting_post(town, spent(3600))
    await parked(handle, DEFERRED)
    await handle.signal("resolve", Decision(action="give-up"))
    return await _ended(town, handle)


async def post_deferred_fails(town: Town) -> Handle:
    handle = await _waiting_post(town, spent(0))
    await _tried(town)
    town.world.eyes.weather.always = BROKEN
    await parked(handle)
    await handle.signal("resolve", Decision(action="skip"))
    return await _ended(town, handle)


async def post_partly_deferred(town: Town) -> Handle:
    town.world.vectors.weather.always = BROKEN
    handle = await _waiting_post(town, spent(0.5))
    await parked(handle)
    town.world.eyes.weather.always = None
    await _tried(town)
    town.world.vectors.weather.always = None
    await handle.signal("resolve", Decision(action="retry"))
    return await _ended(town, handle)


async def post_partly_deferred_too_long(town: Town) -> Handle:
    town.world.vectors.weather.always = BROKEN
    return await _ended(town, await _waiting_post(town, spent(0), park_seconds=1.5))


async def post_pages_wait(town: Town) -> Handle:
    town.world.web.broken[LINK] = spent(0)
    handle = await town.start(a_post(town.ref(), text=LONG, urls=(LINK, f"{LINK}b")))
    await _tried(town)
    town.world.web.broken.clear()
    return await _ended(town, handle)


async def post_pages_left_out(town: Town) -> Handle:
    town.world.web.broken[LINK] = spent(3600)
    handle = await town.start(a_post(town.ref(), text=LONG, urls=(LINK,)))
    await parked(handle, DEFERRED)
    await handle.signal("resolve", Decision(action="skip"))
    return await _ended(town, handle)


async def post_crawler_fails(town: Town) -> Handle:
    down = UnavailableError("down")
    down.retry_after = timedelta(hours=1)
    town.world.web.broken[LINK] = down
    handle = await town.start(a_post(town.ref(), text=LONG, urls=(LINK,)))
    await parked(handle)
    town.world.web.broken.clear()
    await handle.signal("resolve", Decision(action="retry"))
    return await _ended(town, handle)


async def album_deferred(town: Town) -> Handle:
    ref = town.ref(1, grouped_id=town.album_ref().grouped_id)
    await town.run(a_post(ref, text=LONG))
    town.world.graph.weather.always = BrakedError("left alone", timedelta(hours=1), datetime.now(UTC))
    handle = await town.start_album(an_album(town.album_ref(), (ref,)))
    await parked(handle, DEFERRED)
    town.world.graph.weather.always = None
    await within(handle.result())
    return handle


async def photo_deferred(town: Town) -> Handle:
    ref = town.photo_ref()
    town.world.channel_photos.files[ref.photo_id] = town.file()
    town.world.eyes.weather.always = spent(0)
    handle = await town.start_photo(a_channel_photo(ref))
    await _tried(town)
    town.world.eyes.weather.always = None
    await within(handle.result())
    return handle


async def post_deferred_continued(town: Town) -> Handle:
    """The run that another one follows; on an impatient server."""
    handle = await _waiting_post(town, spent(0))
    first = await another_run(handle)
    return town.client.get_workflow_handle(handle.id, run_id=first)


DEFERRING: Final[dict[str, Callable[[Town], Awaitable[Handle]]]] = {
    "post_deferred": post_deferred,
    "post_deferred_again": post_deferred_again,
    "post_deferred_spread": post_deferred_again,
    "post_deferred_retry": post_deferred_retry,
    "post_deferred_gives_up": post_deferred_gives_up,
    "post_deferred_fails": post_deferred_fails,
    "post_partly_deferred": post_partly_deferred,
    "post_partly_deferred_too_long": post_partly_deferred_too_long,
    "post_pages_wait": post_pages_wait,
    "post_pages_left_out": post_pages_left_out,
    "post_crawler_fails": post_crawler_fails,
    "album_deferred": album_deferred,
    "photo_deferred": photo_deferred,
}
#: Those that need a server which suggests another run early.
CONTINUING: Final[dict[str, Callable[[Town], Awaitable[Handle]]]] = {
    "post_deferred_continued": post_deferred_continued,
}
